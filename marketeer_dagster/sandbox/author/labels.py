"""What the labels of a context mean, in the languages people write one in: what is for visitors and what is not."""

import re

SUMMARY = re.compile(
    r"one.?liner|^what is (?:it|this)|"
    r"^what (?:it|we|they) (?:is|are|does|do)$|summary|in short|in brief|tl;?dr|tagline|description|"
    r"^about(?: us)?$|elevator|简介|一句话|kurz|in einem satz|^was (?:wir|es|das)\b|beschreibung|en une phrase|en bref|"
    r"résumé|ce que (?:nous|c.est)|en una frase|en resumen|qué (?:es|hace)|lo que hacemos",
    re.IGNORECASE,
)
"""Names of a statement that nobody reads aloud with it."""
CATEGORY = re.compile(r"categor|categorí|kategorie|catégorie|品类", re.IGNORECASE)
ACTION = re.compile(
    r"\b(?:call to action|cta|main action|primary action|main button|button)\b|行动按钮|行动号召|主要行动|"
    r"^(?:button|schaltfläche|handlungsaufruf|bouton|botón)\b|appel à l.action|llamada a la acción",
    re.IGNORECASE,
)
STEPS = re.compile(
    r"how it works|steps?$|process$|流程|步骤|ablauf|so (?:geht|funktioniert|läuft)|schritte|comment ça marche|étapes|"
    r"déroulement|cómo funciona|pasos|proceso$",
    re.IGNORECASE,
)
SEARCHED = re.compile(
    r"search|quer(?:y|ies)|keyword|gesucht|suchen|suche\b|suchbegriff|recherch|buscan|búsqued|palabras clave|"
    r"搜索|关键词",
    re.IGNORECASE,
)
APPROVED = re.compile(
    r"\b(?:approved|signed.?off) lines?|freigegeben|approuvées?|validées?|aprobad[ao]s|可用文案", re.IGNORECASE
)
NEGATIVE = re.compile(
    r"avoid|^never$|\bnever (?:say|use|write)|(?:don['’]t|do not) (?:say|use)|not (?:to )?say|banned|we are not|"
    r"not for|\bnot$|\banti|bad fit|unsuit|禁|避免|不要|不用|不说|不适合|忌|vermeiden|"
    r"^nicht für|nicht (?:sagen|schreiben|verwenden)|^nie(?:mals)?$|^tabu|éviter|^jamais$|"
    r"^pas pour|ne (?:disons|dire|jamais dire)|evitar|^nunca$|"
    r"^no (?:para|es|decir|usar)\b|no (?:decimos|usamos)|prohibid",
    re.IGNORECASE,
)
INTERNAL = re.compile(
    r"\b(?:stage|fund\w*|team|founded|headcount|revenue|mrr|arr|margin|icp|kpis?|business model|category|competit\w*|"
    r"roadmap|internal|call to action|cta|page|metrics?|goals?|budget|positioning|personas?|segments?|website|url|"
    r"domain|legal|owner|status|tags?|created)\b|anx|融资|团队|营收|目标|阶段|内部|竞品|品类|网址|官网|habit|惯性|焦虑|"
    r"kategorie|formular|seite$|webseite|ziele?$|budget|cat[eé]gor|page\b|objectif|site$|página|sitio|objetivo",
    re.IGNORECASE,
)
"""Labels of what is for colleagues."""
INTERNAL_TEXT = re.compile(
    r"\b(?:ICP|personas?|TAM|competitors?|positioning|MRR|ARR|KPIs?|our funnel)\b|目标客户|客户画像|竞品|营收|"
    r"(?-i:\b(?:TODO|TBD|TBC|DRAFT|WIP)\b)|\bN/A\b|lorem|\bunknown\b|not known|none yet|待定|暂无|roadmap|"
    r"don['’]t promise|do not (?:share|publish|promise)|nice to have",
    re.IGNORECASE,
)
"""What shows that a line is for colleagues, or not yet true."""
ADDRESS = re.compile(r"^(?:https?://\S+|/\S*|[\w.+-]+@[\w-]+(?:\.[\w-]+)+)$")
"""A line that is only where something is."""
HELP = re.compile(r"\b(?:help|migration|import|onboarding|umzug|hilfe|aide|ayuda|migración)\b|迁移|搬", re.IGNORECASE)
"""What Switching dynamics says about help with the move is for customers; its forces are not."""
_ANSWER = (
    r"(?:(?:[\w’'-]+[ -]){0,2}(?:answer|response|reply|we say)|a|reality|回答|回应|答|应对|antwort|réponse|respuesta)"
)
ANSWER = re.compile(rf"^{_ANSWER}$", re.IGNORECASE)
ANSWERED = re.compile(rf"^{_ANSWER}\s*[:：]\s*", re.IGNORECASE)
QUESTION = re.compile(r"^[QFP]\s?[:：.)]\s+")
ASKED = re.compile(r"^(?:objection|q$|question|concern|einwand|frage|pregunta|objeción|异议|问|顾虑)", re.IGNORECASE)
PERSON = re.compile(r"quote|testimonial|customer|verbatim|word|phrase|say|引|客户|原话|评价|语|zitat|citation|cita",
                    re.IGNORECASE)  # fmt: skip
"""Labels that say only that somebody is quoted, not who."""
