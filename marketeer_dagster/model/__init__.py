"""The vocabulary: plain, frozen, validated values that every other part speaks in. Imports nothing of ours."""
