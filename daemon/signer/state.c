/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the store of keys can be reached. */
#include "daemon/signer/state.h"

#include <stdio.h>

bool
signer_state_away(struct signer_state *state, const char *why)
{
	bool changed = !state->known || !state->away;

	if (changed)
		state->pause_ms = SIGNER_LOOK_SOON_MS;
	state->known = state->away = true;
	(void)snprintf(state->text, sizeof(state->text), "%s", why);
	return changed;
}

void
signer_state_looked(struct signer_state *state, int64_t now_ms)
{
	state->looking = false;
	state->look_at_ms = now_ms + (state->away ? state->pause_ms : SIGNER_LOOK_MS);
	state->pause_ms = state->pause_ms >= SIGNER_LOOK_LATE_MS / 2 ? SIGNER_LOOK_LATE_MS : 2 * state->pause_ms;
}

bool
signer_state_reached(struct signer_state *state)
{
	bool changed = !state->known || state->away;

	state->known = true;
	state->away = false;
	state->text[0] = '\0';
	return changed;
}

bool
signer_state_look_now(struct signer_state *state, int64_t now_ms)
{
	/* One that was just met away is looked after at once, whatever was planned before. */
	if (state->away && state->look_at_ms - now_ms > state->pause_ms)
		state->look_at_ms = now_ms + state->pause_ms;
	if (state->looking || now_ms < state->look_at_ms)
		return false;
	state->looking = true;
	state->looking_since_ms = now_ms;
	return true;
}

bool
signer_state_hangs(const struct signer_state *state, int64_t now_ms, int64_t limit_ms)
{
	return state->looking && now_ms - state->looking_since_ms > limit_ms;
}
