"""The reading graph: cycles, order and stages, on any graph."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from marketeer_dagster.catalog import graph

NAMES = "abcdefgh"


def test_a_cycle_is_a_path_that_ends_where_it_began():
    assert graph.find_cycle({"a": ("b",), "b": ("c",), "c": ("b",)}) == ("b", "c", "b")
    assert graph.find_cycle({"a": ("a",)}) == ("a", "a")
    assert graph.find_cycle({"a": ("b",), "b": ()}) is None


def test_stages_count_dependence_through_names_that_are_not_selected():
    reads = {"a": (), "b": ("a",), "c": ("b",)}
    assert graph.stages(["c", "a"], reads) == (("a",), ("c",))


@st.composite
def acyclic(draw: st.DrawFn) -> graph.Reads:
    return {
        name: tuple(draw(st.lists(st.sampled_from(NAMES[:i]), unique=True))) if i else ()
        for i, name in enumerate(NAMES)
    }


@given(acyclic(), st.lists(st.sampled_from(NAMES), unique=True))
def test_order_is_a_permutation_in_which_nothing_precedes_what_it_reads(reads: graph.Reads, names: list[str]):
    order = graph.order(names, reads)
    assert sorted(order) == sorted(names)
    for position, name in enumerate(order):
        assert not set(order[position + 1 :]) & graph.ancestors(name, reads)


@given(acyclic(), st.lists(st.sampled_from(NAMES), unique=True))
def test_skills_of_one_stage_do_not_read_one_another(reads: graph.Reads, names: list[str]):
    for stage in graph.stages(names, reads):
        assert all(a not in graph.ancestors(b, reads) for a in stage for b in stage)


@given(st.dictionaries(st.sampled_from(NAMES), st.lists(st.sampled_from(NAMES), max_size=3).map(tuple)))
def test_a_cycle_found_is_one_and_none_found_means_every_order_works(reads: graph.Reads):
    cycle = graph.find_cycle(reads)
    if cycle is None:
        assert sorted(graph.order(reads, reads)) == sorted(reads)
    else:
        assert cycle[0] == cycle[-1]
        assert all(later in reads[earlier] for earlier, later in pairwise(cycle))
