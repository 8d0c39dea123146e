"""Several versions of a page as one page under test: every visitor sees one of them, always the same.

What analytics are told, and why by a user property, is in docs/decisions/0021-people-and-arms.md.
"""

from collections.abc import Sequence
from html import escape
from typing import Final

from marketeer_dagster.model.base import Value
from marketeer_dagster.model.errors import BadInput
from marketeer_dagster.model.experiment import PROPERTY_VALUE_LIMIT, arm_value, user_property


class Block(Value):
    """One arm of a test: its name, its planned share of visitors, and its markup."""

    variant: str
    share: float
    html: str


def render_test(experiment: str, blocks: Sequence[Block], slot: int = 1) -> str:
    """One page holding every arm. Visitors without JavaScript, and crawlers, see the first (the control).

    The script before the arms draws one for each visitor, shows it before anything is painted, keeps it in a
    first-party cookie and in local storage for 180 days from the last visit (the longest a test may run), and removes
    the others. It sets the user property of `slot`, which Google Analytics holds for all that this person does from
    then on, and tells of the view by the event `experiment_impression`. A browser that keeps nothing shows the control
    and is not counted: it would draw anew at each view.

    Raises BadInput for fewer than two arms, or an arm whose name is too long for a user property's value.
    """
    where = f"experiment {experiment}"
    if len(blocks) < 2:
        raise BadInput(f"a test needs two arms or more, got {len(blocks)}", where=where)
    for block in blocks:
        value = arm_value(experiment, block.variant)
        if len(value) > PROPERTY_VALUE_LIMIT:
            raise BadInput(
                f"{value!r} has {len(value)} characters",
                where=where,
                expected=f"at most {PROPERTY_VALUE_LIMIT}, what a Google Analytics user property holds",
            )
    arms = [
        f'<div data-experiment="{escape(experiment)}" data-variant="{escape(block.variant)}"'
        f' data-share="{block.share:g}"{" hidden" if number else ""}>\n{block.html}\n</div>'
        for number, block in enumerate(blocks)
    ]
    planned = " ".join(f"{block.variant}:{block.share:g}" for block in blocks)
    opening = (
        f'<script data-experiment-assignment="{escape(experiment)}" data-user-property="{user_property(slot)}"'
        f' data-arms="{escape(planned)}">'
    )
    return "\n".join([f"{opening}{_ASSIGNMENT.replace('EXPERIMENT', escape(experiment))}</script>", *arms])


# Without "<" and "&": WordPress's typography filter would rewrite them inside inline scripts.
_ASSIGNMENT: Final = """
(function (id) {
  var script = document.querySelector('script[data-experiment-assignment="' + id + '"]');
  var plan = script.getAttribute('data-arms').split(' ').map(function (arm) { return arm.split(':'); });
  var names = plan.map(function (arm) { return arm[0]; });
  var key = 'marketeer_' + id;
  var known = function (name) { return names.indexOf(name) !== -1; };
  var fromCookie = function () {
    var pair = document.cookie.split('; ').filter(function (one) { return one.indexOf(key + '=') === 0; })[0];
    return pair ? pair.slice(key.length + 1) : '';
  };
  var attempt = function (act) { try { return act() || ''; } catch (refused) { return ''; } };
  var fromStorage = function () { return window.localStorage.getItem(key); };
  var kept = [attempt(fromCookie), attempt(fromStorage)].filter(known)[0];
  var keep = function (name) {
    attempt(function () { document.cookie = key + '=' + name + '; path=/; max-age=15552000; samesite=lax'; });
    attempt(function () { window.localStorage.setItem(key, name); });
    return [attempt(fromCookie), attempt(fromStorage)].indexOf(name) !== -1;
  };
  var draw = function () {
    var sum = plan.reduce(function (total, arm) { return total + Number(arm[1]); }, 0);
    var point = Math.random() * sum;
    var drawn = plan.filter(function (arm) { point -= Number(arm[1]); return 0 > point; })[0];
    return drawn ? drawn[0] : names[names.length - 1];
  };
  var chosen = kept || draw();
  var counted = keep(chosen);
  if (!counted) { chosen = names[0]; }
  var all = '[data-experiment="' + id + '"]';
  var style = document.createElement('style');
  var one = all + '[data-variant="' + chosen + '"]';
  style.textContent = all + '{display:none!important}' + one + '{display:block!important}';
  document.head.appendChild(style);
  var settle = function () {
    Array.prototype.slice.call(document.querySelectorAll(all)).forEach(function (arm) {
      if (arm.getAttribute('data-variant') === chosen) { arm.hidden = false; } else { arm.parentNode.removeChild(arm); }
    });
    if (style.parentNode) { style.parentNode.removeChild(style); }
  };
  if (document.readyState === 'loading') { document.addEventListener('DOMContentLoaded', settle); } else { settle(); }
  if (!counted) { return; }
  window.dataLayer = window.dataLayer || [];
  window.gtag = window.gtag || function () { window.dataLayer.push(arguments); };
  var told = {};
  told[script.getAttribute('data-user-property')] = id + '.' + chosen;
  window.gtag('set', 'user_properties', told);
  window.gtag('event', 'experiment_impression', { experiment_id: id, experiment_variant: chosen });
})('EXPERIMENT');
"""
