"""The kinds of flaws that reviewers name: how serious, what each costs which aspect's score, what is said of it."""

from collections.abc import Mapping
from dataclasses import dataclass

ASPECTS = ("clarity", "data", "actionability", "completeness", "brand", "creativity", "technical")
_TOLD = """
filler minor clarity=1.0 brand=0.8 creativity=0.4
  Filler words that say nothing.
  Delete them and start with the point.
leftover blocker technical=2.5 clarity=1.0 brand=1.0 completeness=1.0
  A placeholder was left in the text.
  Replace it with the fact or drop the sentence.
exclamation minor brand=0.8
  Exclamation marks do not fit the brand's voice.
  End the sentence with a full stop.
long_sentence major clarity=1.1 brand=0.5 actionability=0.3
  One sentence carries two thoughts; readers lose the first before they reach the second.
  Split it into two sentences.
unsupported_number blocker data=3.5 brand=2 completeness=1.5 technical=1.5 clarity=1.2 creativity=1 actionability=1
  The figure {figure} stands in no source we have.
  Remove the claim or use a figure from the product context.
unsupported_superlative blocker data=2.0 brand=1.5 creativity=1.0 clarity=0.8 technical=0.5
  A superlative that nothing in the product context supports.
  Say what is true and can be checked instead.
avoided_word major brand=2.0 clarity=0.4
  “{word}” is on the list of words this brand avoids.
  Use the customer's own word.
vague_headline major clarity=1.7 creativity=1.8 data=1.4 brand=0.8 actionability=1.2 completeness=0.4
  The headline names no benefit; a visitor cannot tell from it what they get.
  Lead with the concrete benefit or figure of the key message.
weak_cta major actionability=2.2 clarity=1.2 brand=1.1 creativity=0.5 completeness=0.5 technical=0.4
  The button does not ask for what the brief wants: “{wanted}”.
  Use “{wanted}”.
missing_proof major data=2.0 completeness=1.4 creativity=1.2 brand=1.2 actionability=0.6 clarity=0.4
  The page claims benefits and shows no proof, though the product context has some.
  Add: {proof}
missing_objections major completeness=1.8 actionability=1.2 data=0.8 clarity=0.6 creativity=0.6 brand=0.6
  Known objections stay unanswered: {objections}.
  Answer them with the product context's own answers.
long_form major actionability=1.5 clarity=0.5 brand=0.4 completeness=0.3 creativity=0.3
  The form asks for more than the first step needs.
  Keep: {fields}.
invented_quotation blocker data=3.5 brand=2.5 technical=1.5 clarity=1 completeness=1.5 creativity=1.5 actionability=1
  Nobody is on record with these words.
  Quote the product context verbatim or drop it.
deflected_objection major completeness=1.6 actionability=1.1 data=0.9 clarity=0.9 brand=0.6 creativity=0.5
  The answer sends a hesitant visitor away instead of answering.
  Answer with what the product context says.
unaddressed major completeness=1.6 clarity=1.2 actionability=1.1 data=0.9 creativity=1.1 brand=0.6
  The brief demands an answer to “{asked}”; the page has none.
  Say: {answer}
generic_section major data=1.2 clarity=1.0 completeness=1.2 creativity=1.1 brand=0.9 actionability=0.8 technical=0.3
  Nothing in this section is about this product.
  Say what the product context says, with its figures and names.
stiff_headline major clarity=1.8 creativity=1.8 brand=1.4 actionability=1.0 completeness=0.5 data=0.6
  No reader would say this headline: it is too long, joined together, or an answer nobody asked for.
  Say in one short sentence what the reader gets.
search_phrase major clarity=1.6 creativity=1.7 brand=1.3 completeness=0.6 actionability=0.8 data=0.6
  A search phrase stands where a sentence should: nobody says it like this.
  Say the answer to that search as you would say it to a person.
doubled major clarity=1.6 creativity=1.7 brand=1.3 completeness=0.6 actionability=0.8 data=0.6
  The same words stand twice in it: “{word}”.
  Keep one of the two phrases.
field_twice major actionability=1.3 clarity=1.0 brand=0.8 creativity=0.4 completeness=0.4
  The form asks for the same thing twice: “{first}” and “{field}”.
  Ask for it once.
repeated major clarity=1.2 creativity=1.4 completeness=0.9 brand=0.9 technical=0.6 actionability=0.4
  This sentence already stands on the page.
  Say it once, where it matters most.
off_topic major clarity=1.6 actionability=1.6 creativity=1.4 brand=1.3 completeness=1.2 data=0.6
  The first email is about something else than what the reader did and cares for.
  Begin with what they looked at and what it does for them, and ask for “{action}”.
short_sequence major completeness=1.4 actionability=0.8
  The sequence ends before objections are answered.
  Add an email that answers the main objection.
generic_subject major clarity=1.2 creativity=1.6 data=1.2 actionability=1.2 brand=1.1 completeness=0.7
  The subject gives no reason to open the email.
  Name the benefit or figure the email is about.
weak_button major actionability=2.0 clarity=0.8 brand=0.4 completeness=0.6 creativity=0.5
  The button does not say what happens next.
  Use “{action}”.
repeated_preheader major clarity=1.6 completeness=1.4 creativity=1.6 brand=1.0 actionability=0.9
  The preheader repeats the subject.
  Use it for the next argument.
unproven major data=2.0 completeness=1.3 creativity=0.7 brand=0.8 actionability=0.7 clarity=0.5
  No proof is shown, though the product context has some.
  Add: {best}
search_subject major clarity=1.4 creativity=1.8 brand=1.4 actionability=0.9 data=0.6 completeness=0.5
  The subject is a search phrase: no person writes like this.
  Write it as you would to somebody you know.
same_opening major clarity=1.6 brand=1.6 creativity=1.8 completeness=1.2 actionability=0.6
  It opens with the sentence of an earlier email.
  Open with what this email is about.
few_findings major completeness=1.4 actionability=0.7 data=0.6
  The audit stops after the obvious.
  Check message match, proof, action and objections.
no_opportunities major completeness=1.5 actionability=1.2 data=1.2 technical=0.8
  The rankings were given and no query is picked.
  List the queries with impressions and few clicks.
generic major data=1.8 clarity=1.0 completeness=1.4 creativity=1.2 brand=1.0 actionability=0.8
  Could be about any product.
  Use the product context's figures, names and words.
no_cta major actionability=1.8 completeness=0.9 clarity=0.7 creativity=0.4 brand=0.4
  No headline or description asks for the action.
  Add a headline with “{action}”.
no_figures major data=1.6 creativity=1.4 clarity=0.8 completeness=0.6 brand=0.5
  All lines are general; none has a figure.
  Use a figure of the proof points.
few_headlines major completeness=1.3 technical=1.0 creativity=1.3 clarity=1.1 actionability=0.6
  Too few headlines for the platform to find a good combination.
  Add distinct headlines.
no_negatives minor technical=0.7 completeness=0.6 data=0.4
  No negative keywords: money goes to the wrong searches.
  Exclude jobs, definitions and free templates.
no_evidence major data=1.8 completeness=1.1 actionability=0.9 technical=1.0 clarity=0.6
  An assertion, not evidence: no figure and no words of the page.
  Quote the page or give the figure.
vague_advice major actionability=2.0 clarity=1.0 completeness=1.0 data=0.5 technical=0.6
  Nobody could carry this out without asking what is meant.
  Say what to write, move or remove.
shares blocker technical=3.0 data=1.0 clarity=0.5
  The arms' shares do not add up to the whole traffic.
  Make them add up to one.
no_guardrails major completeness=1.5 technical=1.5 data=1.0 actionability=0.7 clarity=0.3
  Nothing guards against winning the metric and losing the business.
  Name guardrail metrics and their limits.
vague_stopping major technical=1.8 actionability=1.2 clarity=1.0 data=1.2 completeness=0.9
  The rule leaves open when the test ends and who decides.
  State the evidence that ends it, and the longest duration.
no_reason major clarity=1.0 data=1.5 actionability=0.8 completeness=0.8 technical=0.6
  The hypothesis gives no reason to expect an effect.
  Say because of what the change should work.
no_key_event blocker technical=2.2 data=1.5 actionability=1.0 completeness=1.2
  No event counts as the conversion.
  Mark the event of the primary action as key event.
few_checks major technical=1.2 completeness=1.3 actionability=1.2 data=0.9 clarity=0.4
  There is no way to notice that tracking broke.
  Add checks for duplicates, silence and mismatch with the back office.
same_reason major data=1.6 clarity=1.0 actionability=1.4 creativity=1.0 completeness=0.8
  Every piece has the same reason; nothing is prioritised.
  Give each piece the figure or objection behind it.
short_roadmap major completeness=1.6 actionability=1.0 creativity=0.7 data=0.4
  Too few pieces to cover the pillars.
  Add a piece for each main objection and query.
few_measures major actionability=1.1 data=1.2 technical=1.0 completeness=0.7
  Success is not measurable from this.
  Name leading and lagging measures.
no_questions major completeness=1.8 actionability=1.6 data=1.2 clarity=0.4
  No document is complete; the gaps are not named.
  Ask for what is missing.
no_parameters major technical=1.5 data=1.4 completeness=1.0 actionability=0.6
  Without parameters the conversion cannot be traced to a page or variant.
  Add page and experiment parameters.
foreign_section blocker data=2.5 completeness=1.0 brand=1.0 technical=0.5
  Says things the sources do not.
  Keep to the sources.
foreign_words major clarity=1.4 brand=1.6 creativity=1.0 completeness=0.4
  These words are of another language than the page: “{word}”.
  Say it in the language of the page.
for_colleagues major clarity=1.4 brand=1.5 technical=0.8 creativity=0.8 data=0.4
  This was written for colleagues or by a tool, not for visitors: “{word}”.
  Say it as you would say it to a visitor, or leave it out.
empty blocker completeness=5.0
  There is no readable artefact in the request.
  Send the artefact.
"""
"""Three lines a kind: name, severity and costs (of 5); the problem; the suggestion. Braces hold what is found."""


@dataclass(frozen=True)
class Kind:
    """What all flaws of a kind have in common."""

    severity: str
    costs: Mapping[str, float]
    problem: str
    suggestion: str


def _kinds(told: str) -> Mapping[str, Kind]:
    lines = [line.strip() for line in told.strip().splitlines()]
    found: dict[str, Kind] = {}
    for first, problem, suggestion in zip(lines[::3], lines[1::3], lines[2::3], strict=True):
        name, severity, *costs = first.split()
        pairs = (cost.split("=") for cost in costs)
        found[name] = Kind(severity, {aspect: float(cost) for aspect, cost in pairs}, problem, suggestion)
    return found


KINDS = _kinds(_TOLD)
