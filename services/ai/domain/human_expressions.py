"""How people ask for a person, by language, over folded lower-case text.

Expressions, not single words: "is this a human?" and "a room for one person" ask for nobody. ``…_ASKS`` ask
for a person and can be negated; ``…_REFUSES`` decline to go on with a machine, which comes to the same.
"""

from typing import Final

from services.ai.domain.expressions import expressions, joined

# ----- English
_EN_PERSON: Final = joined(
    r"""
    (?:human(?: being)?s?|persons?|people|agents?|operators?|representatives?|reps?|advis[eo]rs?
    |managers?|supervisors?|employees?|colleagues?|somebody|some ?one|anybody|anyone|workers?|staff
    |consultants?|receptionists?|specialists?|man|woman|guy)
    """
)
_EN_STRICT: Final = joined(
    r"""
    (?:human(?: being)?|(?:real|actual|live|human|physical|normal|different|non-?robotic) (?:human
    |person|agent|man|woman|operator|rep(?:resentative)?|assistant)|agent|operator|representative
    |customer (?:service|support|care)(?: (?:agent|rep(?:resentative)?))?|supervisor|manager
    |some(?:body|one) else|human (?:help|support))
    """
)
_EN_DETERMINER: Final = joined(
    r"""
    (?:(?:an?|the|your|one of your|some|any|another|this|that|you|ur) )?
    """
)
_EN_TALK: Final = joined(
    r"""
    (?:speak|talk|chat|have an? (?:quick )?(?:chat|word|talk|conversation|call))(?:ing)?
    """
)
_EN_NOT_WITH: Final = joined(
    r"""
    (?!(?:you|u|me|him|her|them|it|myself|my(?! (?:agent|advis|manager|rep))|us|alexa|siri)\b)
    """
)
_EN_BOT: Final = joined(
    r"""
    (?:(?:chat|ro)?bots?|machines?|computers?|robots?|virtual (?:agent|assistant)s?|ai|automated \w+
    |you)
    """
)
EN_ASKS: Final = expressions(
    r"""
    # I want to, can I, let me talk to anybody but the bot
    \b(?:want(?:ed)?|wanna|like|love|prefer|rather|need|wish|can|could|may|let|should|how|possible|way
    |able|have|must|ask|demand|please|and|to|or|just
    |directly) (?:[\w']+ ){0,3}?<TALK> (?:\w+ ){0,2}?(?:to|with) <NOT_WITH>\w

    ^\W*(?:<TALK>) (?:to|with) <NOT_WITH>\w

    # transfer me to anything; transfer this to a person
    \b(?:transfer|connect|put|pass|forward|patch|hand) (?:me
    |us)(?: over| up| straight| directly| back)? (?:to|with|onto|on to|through)\b(?! (?:my|the (?:wi
    |inter|net)|wi|savings))

    \b(?:transfer|connect|put|pass|forward|redirect|switch|patch|hand|refer|direct|escalate) (?:me|us
    |this|it|my \w+)(?: \w+)?(?: over| up| through)? (?:to|with|onto) <DETERMINER>(?:\w+ )?<PERSON>\b

    \bescalate (?:this|it|my)\b

    # get me an agent
    \b(?:get|give|find|send|bring|fetch|want|need|prefer|demand
    |request) (?:me |us |to )?(?:a )?<DETERMINER>(?:to )?<STRICT>\b(?! (?:me|i |for my|card))

    \b(?:(?:get|find|give) (?:me|us)|(?:(?:can|could|would|will) (?:you|i|we)
    |please)(?: please| just)? (?:get|find)) (?:some(?:body|one)|a person|another person)\b

    \b(?:reach|contact|call|consult|meet|message)(?:ing)? (?:out to )?<DETERMINER>
    (?:other |real |live |human |actual )*(?:human|agent|person|operator|representative|rep|manager
    |supervisor)\b

    \b(?:from|by|with) (?:an?|another) (?:real |live |actual |human )*(?:human|agent|operator
    |representative|person)\b(?= ?(?:please|instead|$|[.!?,]))

    # somebody else, somebody to talk to
    \b(?:can|could|may|will|let) (?:some(?:body|one)|anybody|anyone) else (?:please )?(?:help|look|take
    |check|assist|answer|handle|explain|deal|talk|speak|call|contact|do|solve|fix)\b

    \b<PERSON>(?: \w+){0,3}? (?:to|i (?:can|could|may)|available to|who i can) (?:talk|speak
    |chat) (?:to|with)\b

    \b<PERSON> (?:to|i (?:can|could)) (?:talk|speak|chat)\b

    ^\W*(?:(?:an?|the|your|with|to|real|live|actual|human|please|hi|hello|ok|yes|no|just
    |another) )*(?:human|agent|operator|representative|real person|person|manager|supervisor|live chat
    |human being|humans?)(?: (?:now|please|pls|plz|already|asap|right now))*\W*$

    ^\W*(?:the )?(?:\w+ )?(?:team|department|reception|front desk|support|service|desk) (?:please|pls
    |plz)\W*$

    \b(?:live|real|actual|human) (?:agent|representative|operator|support agent|human)\b(?= ?(?:please
    |now|pls|asap|$|[.!]))
    """,
    DETERMINER=_EN_DETERMINER,
    NOT_WITH=_EN_NOT_WITH,
    PERSON=_EN_PERSON,
    STRICT=_EN_STRICT,
    TALK=_EN_TALK,
)
EN_REFUSES: Final = expressions(
    r"""
    \b(?:stop|hate|sick of|tired of|no more|enough of|(?:waste|wasting) (?:my )?time(?: \w+)?
    |instead of|rather than|not|don'?t (?:want|wish|like|need)(?: to (?:talk|speak|chat|deal))?
    |refuse to (?:talk|speak|chat|deal))(?: talking| speaking| chatting| dealing)? ?(?:to|with
    |at)? (?:an? |the |this |these |your )?<BOT>$

    \bdon'?t (?:want|wish|like) to (?:talk|speak|chat|deal) (?:to
    |with) (?:an? |the |this |your )?<BOT>\b

    \b(?:stop|waste|wasting|sick of|tired of|enough)\b[\w ']{0,30}\b(?:to|with
    |at) (?:an? |the |this |your )?(?:(?:chat|ro)?bots?|machines?|computers?|virtual (?:agent
    |assistant)s?)\b

    \b(?:comfortable|comfy|happy|ok|okay|trust)\b[\w ']{0,40}\b(?:with
    |to) (?:an? |the |this |your )?(?:(?:chat|ro)?bots?|machines?|computers?|ai|virtual (?:agent
    |assistant)s?)\b
    """,
    BOT=_EN_BOT,
)

# ----- German
_DE_PERSON: Final = joined(
    r"""
    (?:mensch(?:en)?|person|mitarbeiter(?:in|innen|n)?|berater(?:in|n)?|agent(?:en|in)?|kolleg(?:e|en
    |in)|vorgesetzten?|jemand(?:em|en)?(?: ander(?:s|em|en))?|ansprechpartner(?:in|n)?
    |sachbearbeiter(?:in|n)?|chef(?:in)?|support(?:er|team)?|kundendienst|kundenservice|kundenbetreu\w+
    |personal|techniker(?:in)?|verantwortlichen?|operator|filialleiter(?:in)?)
    """
)
_DE_TALK: Final = joined(
    r"""
    (?:sprechen|reden|sprech|spreche|rede|telefonieren|chatten|schreiben|unterhalten|verbinden
    |verbunden|weitergeleitet|weiterleiten|durchstellen|kommunizieren)
    """
)
DE_ASKS: Final = expressions(
    r"""
    \b(?:mit|an|zu) (?:\w+ ){0,3}?<PERSON> (?:\w+ ){0,4}?<TALK>\b

    \b<TALK> (?:\w+ ){0,4}?(?:mit|an|zu) (?:\w+ ){0,3}?<PERSON>\b

    \b(?:will|mochte|moechte|brauche|wunsche|verlange|hatte gern|bitte|gib mir|geben sie mir|holen sie
    |hol)(?: \w+)? (?:einen?|den|ihren|euren|einem|jetzt) (?:(?:echten?|richtigen?|menschlichen?
    |realen?|anderen?|lebenden?) )?(?:mensch(?:en)?|mitarbeiter(?:in)?|berater(?:in)?|ansprechpartner
    |operator|vorgesetzten|sachbearbeiter(?:in)?)\b

    \b(?:echte[rnms]?|richtige[rnms]?|menschliche[rnms]?|reale[rnms]?) (?:mensch(?:en)?|person
    |mitarbeiter(?:in)?|berater(?:in)?|ansprechpartner|kontakt|agent(?:en)?)\b(?!.*\?$)

    \b(?:verbinden|verbinde) (?:sie |du )?(?:mich|uns)\b
    |\bleite[nt]? (?:sie |mich |es )*(?:\w+ )?weiter an\b|\bstellen sie mich (?:\w+ )?durch\b

    ^\W*(?:bitte )?(?:einen? |ein )?(?:echte[rn]? )?(?:mensch(?:en)?|mitarbeiter(?:in)?|berater(?:in)?
    |kundendienst|agent)(?: bitte| sofort| jetzt)*\W*$

    \bkann (?:mir |ich )?(?:jemand ander(?:s|er)|jemand anderes)\b|\bgibt es (?:hier )?(?:jemanden
    |einen menschen)\b
    """,
    PERSON=_DE_PERSON,
    TALK=_DE_TALK,
)
DE_REFUSES: Final = expressions(
    r"""
    \b(?:nicht|keine lust|keinen bock)\b[\w ]{0,20}\bmit (?:(?:einem|einer|dem|der|diesem|dieser
    |nem) (?:chat)?(?:bot|roboter|maschine|computer|ki)|dir|ihnen)\b[\w ]{0,10}\b(?:sprechen|reden
    |schreiben|chatten)\b
    """,
)

# ----- Spanish
_ES_PERSON: Final = joined(
    r"""
    (?:persona|humano|humana|agente|operador(?:a)?|asesor(?:a)?|representante|encargad[oa]
    |supervisor(?:a)?|gerente|alguien|responsable|empleado|empleada|ejecutiv[oa]|ser humano
    |companer[oa]|atencion al cliente|soporte|recepcion|jefe|tecnico|trabajador(?:a)?)
    """
)
ES_ASKS: Final = expressions(
    r"""
    \b(?:hablar|chatear|conversar|comunicarme|comunicar|contactar|contactarme|platicar
    |ponerme en contacto|hable|charlar) (?:\w+ ){0,2}?con (?:\w+ ){0,3}?<PERSON>\b

    \b(?:pas[ae](?:me)?|pasarme|pon(?:ga)?me|ponerme|conect[ae](?:me)?|conectarme|comuniqu?[ea](?:me)?
    |comuniqueme|transfier[ae](?:me)?|transferirme|deriv[ae](?:me)?|derivarme|me (?:pasas?|pone[sn]?
    |comunica[sn]?|transfiere[sn]?|conecta[sn]?|puede[sn]? (?:pasar|poner|comunicar|transferir
    |conectar))) (?:\w+ )?(?:con|a) (?:\w+ ){0,3}?<PERSON>\b

    \b(?:quiero|necesito|prefiero|quisiera|dame|deme|exijo|busco
    |me gustaria) (?:a )?(?:hablar con )?(?:un|una|otra?|el|la|tu|su) (?:persona real|persona humana
    |ser humano|humano|humana|agente|asesor(?:a)?|operador(?:a)?|representante|supervisor(?:a)?|gerente
    |encargad[oa])\b

    \b(?:persona|agente|asesor|operador) (?:real|human[oa]|de verdad)\b(?!.*\?$)

    ^\W*(?:un |una |con un |con una )?(?:agente|humano|persona|persona real|asesor(?:a)?|operador(?:a)?
    |representante)(?: por favor| ya| ahora)*\W*$

    \bhay (?:alguien|alguna persona) (?:\w+ ){0,4}?(?:con quien|que (?:me )?(?:pueda|atienda|ayude))
    """,
    PERSON=_ES_PERSON,
)
ES_REFUSES: Final = expressions(
    r"""
    \bno quiero (?:hablar|chatear|tratar) (?:con )?(?:un |una |este |esta |el |la )?(?:chat)?(?:bot
    |robot|maquina|contigo|usted)\b
    """,
)

# ----- French
_FR_PERSON: Final = joined(
    r"""
    (?:personne|humain|humaine|conseill(?:er|ere)|agent|operat(?:eur|rice)|responsable|representante?
    |etre humain|quelqu'un|collegue|superviseur|manager|employe|employee|collaborat(?:eur|rice)
    |service client|standard|reception|technicien|interlocut(?:eur|rice)|superieur)
    """
)
FR_ASKS: Final = expressions(
    r"""
    \b(?:parler|discuter|echanger|communiquer|dialoguer|parle|contacter|joindre
    |avoir) (?:\w+ ){0,2}?(?:a|avec|au)? ?(?:une?|votre|le|la|un de vos|d'autre|vos
    |de vrais?)? ?(?:\w+ ){0,2}?<PERSON>\b(?! (?:ne|n'|m'a|a repondu))

    \b(?:passez|passe|mettez|transferez|connectez|redirigez|orientez|dirigez|basculez)[- ](?:moi
    |nous)\b(?:[\w' -]{0,30})(?:avec|a|vers|au|en relation|en contact)? ?(?:[\w' ]{0,12})(?:<PERSON>
    |en relation|en contact)\b

    \bmettre en (?:relation|contact) avec (?:\w+ ){0,2}?<PERSON>\b

    \b(?:je (?:veux|voudrais|souhaite|prefere|desire|demande)|j'aimerais|besoin d'?
    |donnez[- ]moi)(?: avoir)? ?(?:une?|l') ?(?:vraie? )?(?:humaine?|etre humain|personne (?:reelle
    |humaine)|vraie personne|conseill(?:er|ere)|agent|operat(?:eur|rice)|responsable)\b

    \b(?:vraie? (?:personne|humain|conseiller)|personne reelle|agent humain
    |conseiller humain)\b(?!.*\?$)

    ^\W*(?:une? )?(?:humain|agent|conseill(?:er|ere)|operat(?:eur|rice)|vraie personne
    |personne)(?: s'il vous plait| svp| stp| maintenant)*\W*$

    \by a[- ]t[- ]il (?:quelqu'un|une personne|un humain|un conseiller)\b
    |\bquelqu'un d'autre\b.{0,30}\b(?:parler|aider)\b
    """,
    PERSON=_FR_PERSON,
)
FR_REFUSES: Final = expressions(
    r"""
    \b(?:pas|plus|marre de)(?: envie de)? (?:parler |discuter |communiquer )?(?:a
    |avec) (?:un |une |ce |cette |la |le )?(?:chat)?(?:bot|robot|machine|toi|ordinateur)\b
    """,
)

# ----- Portuguese
_PT_PERSON: Final = joined(
    r"""
    (?:pessoa|humano|humana|atendente|agente|operador(?:a)?|gerente|supervisor(?:a)?|responsavel
    |representante|alguem|ser humano|funcionari[oa]|colega|assistente humano|consultor(?:a)?|suporte
    |atendimento|recepcao|chefe|tecnico)
    """
)
PT_ASKS: Final = expressions(
    r"""
    \b(?:falar|conversar|tratar|contactar|contatar|comunicar|fale|falo|chat) (?:\w+ ){0,2}?(?:com|ao
    |a) (?:\w+ ){0,3}?<PERSON>\b

    \b(?:me )?(?:pass[ae]|passar|transfer[ei]|transfira|transferir|conect[ae]|conectar|ligu?e|ligar
    |encaminh[ae]|encaminhar|coloc?qu?[ae])(?:-me)? (?:\w+ )?(?:para|com|a|ao) (?:\w+ ){0,3}?<PERSON>\b

    \b(?:quero|preciso(?: de)?|prefiro|queria|gostaria de(?: ter)?|exijo|chama|chame|de-me) (?:um|uma
    |outro|outra|o|a) (?:pessoa real|pessoa de verdade|ser humano|humano|atendente|agente
    |operador(?:a)?|gerente|supervisor(?:a)?|representante)\b

    \b(?:atendimento humano|atendente humano|pessoa (?:real|de verdade|humana)|agente humano)\b(?!.*\?$)

    ^\W*(?:um |uma )?(?:atendente|humano|pessoa|pessoa real|agente|operador(?:a)?
    |representante)(?: por favor| ja| agora)*\W*$

    \b(?:tem|ha|existe) (?:alguem|alguma pessoa)(?: \w+){0,4}? (?:com quem|que (?:me )?(?:possa|atenda
    |ajude))
    """,
    PERSON=_PT_PERSON,
)
PT_REFUSES: Final = expressions(
    r"""
    \bnao quero (?:falar|conversar|tratar) com (?:um |uma |este |esta |esse |essa |o |a )?(?:chat)?
    (?:bot|robo|robot|maquina|voce)\b
    """,
)
