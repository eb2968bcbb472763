"""Cards: pure functions from values to Adaptive Cards 1.5, in the reader's language. Nothing here asks or changes."""

from bot.cards.delegation_cards import Listed, away_card, delegation_card, delegation_form, delegations_card
from bot.cards.draft_form import circuit_form, draft_form, typed_of
from bot.cards.forms import note_form, referral_form
from bot.cards.found_card import MOST_FOUND, found_card
from bot.cards.help_card import EXAMPLE, help_card, several_card, welcome_card
from bot.cards.number_card import number_card
from bot.cards.parts import LARGEST_BYTES, LONGEST_NOTE, fits_input, for_dialog, short, size_bytes
from bot.cards.pending_card import BULK, Pressed, Result, pending_card
from bot.cards.record_card import record_card
from bot.cards.registry_forms import entry_form, release_form, sender_form
from bot.cards.step_card import recorded, step_card
from bot.cards.verb_forms import verb_form
from bot.cards.why_card import why_card

__all__ = [
    "BULK",
    "EXAMPLE",
    "LARGEST_BYTES",
    "LONGEST_NOTE",
    "MOST_FOUND",
    "Listed",
    "Pressed",
    "Result",
    "away_card",
    "circuit_form",
    "delegation_card",
    "delegation_form",
    "delegations_card",
    "draft_form",
    "entry_form",
    "fits_input",
    "for_dialog",
    "found_card",
    "help_card",
    "note_form",
    "number_card",
    "pending_card",
    "record_card",
    "recorded",
    "referral_form",
    "release_form",
    "sender_form",
    "several_card",
    "short",
    "size_bytes",
    "step_card",
    "typed_of",
    "verb_form",
    "welcome_card",
    "why_card",
]
