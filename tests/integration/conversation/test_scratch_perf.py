import cProfile, pstats, time, resource
from datetime import timedelta
from libs.runtime.deduplication import Deduplication
from libs.runtime.received import Received
from libs.runtime.ids import new_id
from libs.runtime.clock import now
from libs.contracts.envelope import wrap
from libs.contracts.base import SYSTEM
from libs.contracts.conversation import *
from services.conversation.entrypoints.subscribers import PartitionRoutes
from services.conversation.adapters.mongo_transaction import MongoTransaction
from services.conversation.use_cases.record_inbound_message import RecordInbound
from services.conversation.use_cases.post_bot_reply import PostAnswer
from services.conversation.use_cases.record_delivery import record_delivery
from libs.contracts.delivery import ReplySent
from services.conversation.use_cases.ports import Chatbot
from tests.unit.conversation.making import *

async def test_perf(mongo):
    routes = PartitionRoutes(Deduplication(mongo.store, "c"), mongo.outbox, lambda s, c, n: MongoTransaction(mongo.records, mongo.outbox, mongo.chatbots, s, c, n))
    rec = RecordInbound(new_id, timedelta(seconds=30))
    handlers = routes.of({RecordInboundMessage: rec, PostBotReply: PostAnswer(new_id), ReplySent: record_delivery}, again={RecordInboundMessage: rec.again})
    await mongo.transaction(ACCOUNT, lambda tx: tx.put_chatbot(Chatbot(CHATBOT, "Bot")))
    async def send(m):
        e = wrap(m, id=new_id(), source="t", time=now(), accountid=ACCOUNT)
        return await handlers[type(m)](Received(e, m))
    async def cycle(n):
        r = await send(inbound(n, "Where is my order number 5?", session_id=f"s{n%50}", delivery_id=f"d{n}"))
        t1=time.perf_counter()
        v = await send(PostBotReply(actor=AI, conversation_id=r.conversation_id, handoff_epoch=0, answers_message_id=r.message_id, content="It is on its way to you."))
        t2=time.perf_counter()
        await send(ReplySent(actor=SYSTEM, occurred_at=now(), conversation_id=r.conversation_id, message_id=v.id, attempts=1, external_ids=("x%d"%n,)))
        return t1,t2,time.perf_counter()
    for n in range(50): await cycle(n)
    N=300
    pr=cProfile.Profile()
    a=[0,0,0]; c0=time.process_time(); w0=time.perf_counter()
    for n in range(50,50+N):
        t0=time.perf_counter(); t1,t2,t3=await cycle(n); a[0]+=t1-t0;a[1]+=t2-t1;a[2]+=t3-t2
    print("\nms each (wall): inbound %.2f reply %.2f receipt %.2f" % tuple(1000*x/N for x in a), "client cpu ms/cycle %.2f wall %.2f"%((time.process_time()-c0)*1000/N,(time.perf_counter()-w0)*1000/N))
    pr.enable()
    for n in range(1000,1100): await cycle(n)
    pr.disable()
    pstats.Stats(pr).sort_stats("tottime").print_stats(25)
    pstats.Stats(pr).sort_stats("cumtime").print_stats("services/conversation|libs/", 40)
