"""What the author says itself to customers, in each language that it writes.

For any other language the marks and names below stand in place of words: rather no word than one in a foreign tongue.
"""

from collections.abc import Mapping

_TOLD = """
hello|Hello,|您好，|Guten Tag,|Bonjour,|Hola:|{name}
team|The {name} team|{name}团队|Das Team von {name}|L’équipe {name}|El equipo de {name}|{name}
looked|You had a look at {name}|您刚刚看过{name}|Sie haben sich {name} angesehen|Vous avez regardé {name}|\
Ha visto {name}|{name}
briefly|You had a look at {name}. In short, this is what it is:|您刚刚看过{name}，简单说就是：|\
Sie haben sich {name} angesehen. Kurz gesagt:|Vous avez regardé {name}. En bref :|\
Ha visto {name}. En pocas palabras:|{name}:
turn|With {name} this changes.|用{name}，情况就不一样了。|Mit {name} ändert sich das.|Avec {name}, cela change.|\
Con {name} esto cambia.|
others|What others say about {name}|大家怎么说{name}|Was andere über {name} sagen|Ce que d’autres disent de {name}|\
Lo que otros dicen de {name}|{name}: “…”
figures|A few facts about {name}|关于{name}的几个数字|Ein paar Tatsachen zu {name}|Quelques faits sur {name}|\
Algunos datos sobre {name}|{name}: 1, 2, 3
wonder|You may be wondering about this.|您可能也想问：|Vielleicht fragen Sie sich das auch.|\
Vous vous demandez peut-être ceci.|Quizá se pregunte esto.|
prices|Prices and terms:|费用和说明：|Preise und Bedingungen:|Prix et conditions :|Precios y condiciones:|
words|A few words about {name}|关于{name}，简单说几句|Ein paar Worte zu {name}|Quelques mots sur {name}|\
Unas palabras sobre {name}|{name} …
still|Still looking at {name}?|还在考虑{name}吗？|Noch unentschlossen?|Vous hésitez encore ?|¿Aún lo está pensando?|\
{name}?
more|One more thing about {name}|关于{name}，还有一点|Noch etwas zu {name}|Encore un mot sur {name}|\
Una cosa más sobre {name}|… {name} …
deciding|If you are still deciding about {name}|如果您还没决定：{name}|Falls Sie noch überlegen: {name}|\
Si vous hésitez encore : {name}|Si aún lo está pensando: {name}|{name} · {label}
close1|If that sounds right, take the next step: “{label}”.|如果这正是您需要的，欢迎{label}。|\
Wenn das für Sie passt: „{label}“.|Si cela vous convient : « {label} ».|Si le encaja: «{label}».|→ {label}
close2|The next step is a small one: “{label}”.|下一步很简单：{label}。|Der nächste Schritt ist klein: „{label}“.|\
Le pas suivant est petit : « {label} ».|El siguiente paso es pequeño: «{label}».|→ {label}
close3|When you are ready, choose “{label}”.|准备好了，就{label}。|Wenn Sie so weit sind: „{label}“.|\
Quand vous serez prêt : « {label} ».|Cuando quiera: «{label}».|→ {label}
close4|See for yourself: “{label}”.|眼见为实：{label}。|Sehen Sie selbst: „{label}“.|\
Voyez par vous-même : « {label} ».|Compruébelo: «{label}».|→ {label}
close5|There is one step left: “{label}”.|只差一步：{label}。|Es fehlt nur ein Schritt: „{label}“.|\
Il ne reste qu’un pas : « {label} ».|Solo falta un paso: «{label}».|→ {label}
problem|What gets in the way;The trouble today;Why this is hard today|现在难在哪里;常见的烦恼;为什么一拖再拖|\
Was heute aufhält|Ce qui gêne aujourd’hui|Lo que hoy estorba|
solution|What {name} does;How {name} helps;What changes with {name}|{name}怎么做;{name}能帮您什么;认识{name}|\
Was {name} macht;Wie {name} hilft|Ce que fait {name}|Qué hace {name}|{name}
benefits|What makes {name} different;What {name} does differently|您能得到什么;{name}有什么不同;看得见的安心|\
Was {name} anders macht;Das ist anders|Ce qui distingue {name};Ce qui change|Qué distingue a {name};Lo que cambia|\
{name} +
how_it_works|How it works;From start to finish|流程是怎样的;从开始到完成|So geht es|Comment cela se passe|\
Cómo funciona|1 · 2 · 3
proof|What the record shows;Results so far;Seen in practice|用事实说话;大家的反馈;目前的成绩|Was sich zeigt|\
Ce que disent les faits|Lo que dicen los hechos|{name} ✓
offer|{label};Before you decide|{label};决定之前|{label};Bevor Sie sich entscheiden|{label};Avant de décider|\
{label};Antes de decidir|{label}
costs|What it costs|费用说明|Was es kostet|Ce que cela coûte|Cuánto cuesta|{name} · {label}
helping|How you can help|如何支持|So können Sie helfen|Comment aider|Cómo puede ayudar|{name} · {label}
steps|This is all there is to do.|只要这几步。|Mehr ist nicht zu tun.|Rien de plus à faire.|\
No hay que hacer nada más.|{name}:
start|Get started|立即开始|Jetzt anfangen|Commencer|Empezar|→
contact|Get in touch|联系我们|Kontakt aufnehmen|Nous écrire|Escríbanos|→
look|See how it works|先看怎么用|So funktioniert es|Voir comment ça marche|Ver cómo funciona|→ {name}
welcome|Welcome to {name};Meet {name};Get started with {name}|欢迎了解{name};认识{name};走进{name}|\
Willkommen bei {name}|Bienvenue chez {name}|Bienvenido a {name}|{name}, {name}
learn|Learn more|了解更多|Mehr erfahren|En savoir plus|Saber más|Info
notice|A quick note from our team|一点更新，来自我们|Neuigkeiten von uns|Des nouvelles de notre équipe|Novedades|\
Newsletter
"""
"""A line a wording: its name, then English, Chinese, German, French, Spanish, any other; `;` parts equal choices."""
_CODES = ("en", "zh", "de", "fr", "es", "")
_FIELDS = """
Email|邮箱|E-Mail|E-mail|Correo electrónico|Email
Work email|工作邮箱|E-Mail|E-mail|Correo electrónico|Email
Name|姓名|Name|Nom|Nombre|Email
Address|地址|Adresse|Adresse|Dirección|Address
Phone|手机号|Telefon|Téléphone|Teléfono|Email
Amount|金额|Betrag|Montant|Importe|Email
"""
QUOTES = {"en": "“{}”", "zh": "“{}”", "de": "„{}“", "fr": "« {} »", "es": "«{}»", "": "“{}”"}


def _rows(told: str) -> Mapping[str, Mapping[str, str]]:
    rows = (line.split("|") for line in told.strip().splitlines())
    return {row[0]: dict(zip(_CODES, row[-len(_CODES) :], strict=True)) for row in rows}


WORDINGS, FIELDS = _rows(_TOLD), _rows(_FIELDS)
