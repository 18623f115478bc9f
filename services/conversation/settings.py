"""What the conversation service can be told from outside, as CONVERSATION_<NAME>."""

from pydantic import Field

from libs.runtime.settings import ServiceSettings, service_config


class ConversationSettings(ServiceSettings):
    """Settings of this service beside the shared ones."""

    model_config = service_config("CONVERSATION_")

    #: Port of health and metrics.
    port: int = 8081
    #: Seconds the AI has for an answer. Past them the conversation goes to people with `ai_unavailable`. Less
    #: than 30, so that its contact is told within 30: the look for what fell due and the sending come on top.
    answer_seconds: float = Field(default=28.0, gt=0)
    #: What the contact is told when the AI did not answer in time.
    unavailable_notice: str = Field(
        default="I am handing you over to a colleague, who will answer you here.", min_length=1
    )
    #: Seconds between looks for deadlines that fell due. A deadline is late by this at most; each look is one
    #: indexed read.
    timer_poll_seconds: float = Field(default=0.5, ge=0.05)
    #: Seconds between looks for what statistics are to count. They are that old; each look is one read.
    tally_poll_seconds: float = Field(default=1.0, ge=0.05)
    #: Seconds between looks for presence that nobody renewed. Somebody whose gateway died is seen as offline
    #: this much later than their lease ends.
    presence_poll_seconds: float = Field(default=2.0, ge=0.1)
    #: Seconds a chatbot is kept in the process. A change made through another replica is seen this much
    #: later; 0 reads it for every inbound message.
    chatbot_cache_seconds: float = Field(default=5.0, ge=0)
    #: Seconds the count of a list of more than 100 rows is kept.
    count_cache_seconds: float = Field(default=5.0, ge=0)
    #: Messages of one partition that are worked on at once; those of one conversation never are.
    partition_prefetch: int = Field(default=20, ge=1)
    #: Queries that are worked on at once.
    query_prefetch: int = Field(default=100, ge=1)
