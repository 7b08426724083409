/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Most records are like an earlier one but for time and messages: the same mailbox, application and ids. What one of
 * them has to do with is found by one look-up, its profile.
 *
 * Tokens are kept in two generations: when one is full it becomes the old one, and what was old is forgotten.
 */
#include "engine/detect/history.h"

#include "engine/detect/map.h"

#include <stdlib.h>
#include <string.h>

/* Names of an application, best first. */
#define LEVELS 3

struct profile_key {
	uint32_t tenant, mailbox, names[LEVELS];
};

struct profile {
	struct mm_seen *tenant, *mailbox;
	struct mm_seen *in_tenant[LEVELS], *at_mailbox[LEVELS];
};

struct tenant_key {
	uint32_t tenant, name;
};

struct mailbox_key {
	uint32_t tenant, mailbox, name;
};

/* Compared byte by byte, so filled into zeroes. */
struct network_key {
	uint32_t tenant, mailbox; /* mailbox 0: the tenant's */
	struct mm_logs_address network;
	uint8_t unused[3];
};
_Static_assert(sizeof(struct network_key) == 28, "no padding");

/* A network of a tenant has a number, from 1 on; one of a mailbox leads to its tenant's. */
struct network {
	struct mm_seen seen;
	struct network *in_tenant;
	uint32_t number;
};

struct tokens {
	struct mm_map *now, *before; /* struct mm_logs_id: struct mm_token_seen */
};

struct mm_history {
	struct mm_map *tenants;           /* uint32_t: struct mm_seen */
	struct mm_map *mailboxes;         /* struct tenant_key: struct mm_seen */
	struct mm_map *profiles;          /* struct profile_key: struct profile */
	struct mm_map *applications;      /* struct tenant_key: struct mm_seen */
	struct mm_map *uses;              /* struct mailbox_key: struct mm_seen */
	struct mm_map *numbers;           /* struct mm_logs_address, a network: uint32_t, its number from 1 on */
	struct mm_map *tenant_networks;   /* struct network_key: struct network */
	struct mm_map *mailbox_networks;  /* struct network_key: struct network */
	struct tokens tokens, sessions;
	struct mm_past past;
	bool failed;
};

struct mm_history *
mm_history_new(void)
{
	struct mm_history *history = calloc(1, sizeof(*history));

	if (history == NULL)
		return NULL;
	history->tenants = mm_map_new(sizeof(uint32_t), sizeof(struct mm_seen));
	history->mailboxes = mm_map_new(sizeof(struct tenant_key), sizeof(struct mm_seen));
	history->profiles = mm_map_new(sizeof(struct profile_key), sizeof(struct profile));
	history->applications = mm_map_new(sizeof(struct tenant_key), sizeof(struct mm_seen));
	history->uses = mm_map_new(sizeof(struct mailbox_key), sizeof(struct mm_seen));
	history->numbers = mm_map_new(sizeof(struct mm_logs_address), sizeof(uint32_t));
	history->tenant_networks = mm_map_new(sizeof(struct network_key), sizeof(struct network));
	history->mailbox_networks = mm_map_new(sizeof(struct network_key), sizeof(struct network));
	history->tokens.now = mm_map_new(sizeof(struct mm_logs_id), sizeof(struct mm_token_seen));
	history->sessions.now = mm_map_new(sizeof(struct mm_logs_id), sizeof(struct mm_token_seen));
	if (history->tenants == NULL || history->mailboxes == NULL || history->profiles == NULL ||
	    history->applications == NULL || history->uses == NULL || history->numbers == NULL ||
	    history->tenant_networks == NULL || history->mailbox_networks == NULL || history->tokens.now == NULL ||
	    history->sessions.now == NULL)
		mm_history_free(&history);
	return history;
}

static void
free_tokens(struct tokens *tokens)
{
	mm_map_free(&tokens->now);
	mm_map_free(&tokens->before);
}

void
mm_history_free(struct mm_history **history)
{
	if (*history == NULL)
		return;
	mm_map_free(&(*history)->tenants);
	mm_map_free(&(*history)->mailboxes);
	mm_map_free(&(*history)->profiles);
	mm_map_free(&(*history)->applications);
	mm_map_free(&(*history)->uses);
	mm_map_free(&(*history)->numbers);
	mm_map_free(&(*history)->tenant_networks);
	mm_map_free(&(*history)->mailbox_networks);
	free_tokens(&(*history)->tokens);
	free_tokens(&(*history)->sessions);
	free(*history);
	*history = NULL;
}

uint32_t
mm_history_mailbox(const struct mm_logs_event *event)
{
	return event->mailbox != 0 ? event->mailbox : event->mailbox_id;
}

/* Mail, at a time that the log tells plainly. */
static bool
counts(const struct mm_logs_event *event)
{
	return (mm_logs_reads_mail(event) || event->kind == MM_LOGS_MAIL_ACTION) && event->time_us > 0 &&
	    (event->flags & (MM_LOGS_TIME_DOUBTFUL | MM_LOGS_TIME_FUTURE)) == 0;
}

/* The value of a key, which gets one where the map has room for another; NULL where it has none. */
static void *
get(struct mm_history *history, struct mm_map *map, const void *key, size_t max)
{
	void *value = mm_map_find(map, key);

	if (value != NULL || mm_map_count(map) >= max)
		return value;
	value = mm_map_get(map, key);
	if (value == NULL)
		history->failed = true;
	return value;
}

/* ---- applications ---- */

/* A mail server of one's own names no tenant, as some exports do not: neither teaches what is known of the other. */
#define OWN_SERVER UINT32_MAX

static uint32_t
tenant_of(const struct mm_logs_event *event)
{
	return event->tenant == 0 && event->place.family == MM_LOGS_DOVECOT ? OWN_SERVER : event->tenant;
}

static void
fill_key(const struct mm_logs_event *event, struct profile_key *key)
{
	*key = (struct profile_key){ tenant_of(event), mm_history_mailbox(event),
		{ event->client, event->application, event->client_family } };
}

/* The name by which an application goes: the first that there is; LEVELS: none. */
static size_t
best_of(const struct profile_key *key)
{
	size_t level = 0;

	while (level < LEVELS && key->names[level] == 0)
		level++;
	return level;
}

static bool
fill_level(struct mm_history *history, const struct profile_key *key, size_t level, struct profile *profile)
{
	struct tenant_key in_tenant = { key->tenant, key->names[level] };
	struct mailbox_key at_mailbox = { key->tenant, key->mailbox, key->names[level] };

	if (key->names[level] == 0)
		return true;
	profile->in_tenant[level] = get(history, history->applications, &in_tenant, MM_HISTORY_TENANT_PAIRS_MAX);
	profile->at_mailbox[level] = get(history, history->uses, &at_mailbox, MM_HISTORY_MAILBOX_PAIRS_MAX);
	return profile->in_tenant[level] != NULL && profile->at_mailbox[level] != NULL;
}

/* The profile of a key; NULL where there is no room for all that belongs to it. */
static const struct profile *
profile_of(struct mm_history *history, const struct profile_key *key)
{
	const struct profile *known = mm_map_find(history->profiles, key);
	struct tenant_key mailbox = { key->tenant, key->mailbox };
	struct profile made = { 0 }, *kept;

	if (known != NULL)
		return known;
	made.tenant = get(history, history->tenants, &key->tenant, MM_HISTORY_MAILBOXES_MAX);
	made.mailbox = get(history, history->mailboxes, &mailbox, MM_HISTORY_MAILBOXES_MAX);
	if (made.tenant == NULL || made.mailbox == NULL)
		return NULL;
	for (size_t level = 0; level < LEVELS; level++)
		if (!fill_level(history, key, level, &made))
			return NULL;
	kept = get(history, history->profiles, key, MM_HISTORY_MAILBOX_PAIRS_MAX);
	if (kept != NULL)
		*kept = made;
	return kept;
}

static bool
is_had_by_few(uint32_t mailboxes, unsigned part, const struct mm_seen *tenant)
{
	return (uint64_t)mailboxes * part <= tenant->mailboxes;
}

/* Mark what is new: in the tenant at large; or at a mailbox, where the tenant knows it, but from few. */
static void
mark_new(const struct profile *profile, size_t best, int64_t now_us)
{
	struct mm_seen *in_tenant = profile->in_tenant[best], *at_mailbox = profile->at_mailbox[best];

	if (mm_history_is_unseen(in_tenant->last_us, now_us)) {
		if (in_tenant->new_since_us == 0 && mm_history_has_learned(profile->tenant, now_us))
			in_tenant->new_since_us = now_us;
	} else if (mm_history_is_unseen(at_mailbox->last_us, now_us) && at_mailbox->new_since_us == 0 &&
	    mm_history_has_learned(profile->mailbox, now_us) &&
	    is_had_by_few(in_tenant->mailboxes, MM_HISTORY_FEW_PART, profile->tenant)) {
		at_mailbox->new_since_us = now_us;
	}
}

/* The same of syncing. */
static void
mark_sync(const struct profile *profile, size_t best, int64_t now_us)
{
	struct mm_seen *in_tenant = profile->in_tenant[best], *at_mailbox = profile->at_mailbox[best];

	if (mm_history_is_unseen(in_tenant->sync_us, now_us)) {
		if (in_tenant->sync_new_since_us == 0 && mm_history_has_learned(profile->tenant, now_us))
			in_tenant->sync_new_since_us = now_us;
	} else if (mm_history_is_unseen(at_mailbox->sync_us, now_us) && at_mailbox->sync_new_since_us == 0 &&
	    mm_history_has_learned(profile->mailbox, now_us) &&
	    is_had_by_few(in_tenant->syncers, MM_HISTORY_FEW_SYNCERS_PART, profile->tenant)) {
		at_mailbox->sync_new_since_us = now_us;
	}
}

static int32_t
day_of(const struct mm_logs_event *event)
{
	return (int32_t)(event->time_us / MM_HISTORY_DAY_US);
}

static void
touch(struct mm_seen *seen, int64_t now_us)
{
	if (seen->first_us == 0)
		seen->first_us = now_us;
	seen->last_us = now_us;
}

static void
learn_application(const struct profile *profile, const struct mm_logs_event *event)
{
	for (size_t level = 0; level < LEVELS; level++) {
		struct mm_seen *in_tenant = profile->in_tenant[level], *at_mailbox = profile->at_mailbox[level];

		if (in_tenant == NULL)
			continue;
		in_tenant->mailboxes += at_mailbox->first_us == 0;
		touch(in_tenant, event->time_us);
		touch(at_mailbox, event->time_us);
		if (mm_logs_reads_mail(event))
			in_tenant->access_day = at_mailbox->access_day = day_of(event);
		if (event->access != MM_LOGS_SYNC)
			continue;
		in_tenant->syncers += at_mailbox->sync_us == 0;
		in_tenant->sync_us = at_mailbox->sync_us = event->time_us;
	}
}

static void
next_application(const struct profile *profile, const struct profile_key *key, const struct mm_logs_event *event,
    struct mm_past *past)
{
	size_t best = best_of(key);

	if (profile->tenant->first_us == 0)
		profile->tenant->first_us = event->time_us;
	profile->tenant->mailboxes += profile->mailbox->first_us == 0;
	touch(profile->tenant, event->time_us);
	touch(profile->mailbox, event->time_us);
	if (best < LEVELS && mm_logs_reads_mail(event)) {
		past->first_today_in_tenant = profile->in_tenant[best]->access_day != day_of(event);
		past->first_today_at_mailbox = profile->at_mailbox[best]->access_day != day_of(event);
		mark_new(profile, best, event->time_us);
		if (event->access == MM_LOGS_SYNC)
			mark_sync(profile, best, event->time_us);
	}
	learn_application(profile, event);
	past->tenant = profile->tenant;
	past->mailbox = profile->mailbox;
	past->in_tenant = best < LEVELS ? profile->in_tenant[best] : NULL;
	past->at_mailbox = best < LEVELS ? profile->at_mailbox[best] : NULL;
}

/* ---- networks ---- */

static void
fill_network_key(const struct profile_key *profile_key, const struct mm_logs_event *event, struct network_key *key)
{
	memset(key, 0, sizeof(*key));
	key->tenant = profile_key->tenant;
	key->mailbox = profile_key->mailbox;
	mm_logs_network_of(&event->address, &key->network);
}

/* A tenant's network, numbered; NULL where there is no room. */
static struct network *
tenant_network(struct mm_history *history, struct network_key key)
{
	struct network *network;
	uint32_t *number;

	key.mailbox = 0;
	network = get(history, history->tenant_networks, &key, MM_HISTORY_TENANT_PAIRS_MAX);
	if (network == NULL || network->number != 0)
		return network;
	number = get(history, history->numbers, &key.network, MM_HISTORY_TENANT_PAIRS_MAX);
	if (number == NULL)
		return NULL;
	if (*number == 0)
		*number = (uint32_t)mm_map_count(history->numbers);
	network->number = *number;
	return network;
}

/* A mailbox's network with its tenant's; NULL where there is no room. */
static struct network *
mailbox_network(struct mm_history *history, const struct network_key *key)
{
	struct network *network = get(history, history->mailbox_networks, key, MM_HISTORY_MAILBOX_PAIRS_MAX);

	if (network == NULL)
		return NULL;
	if (network->in_tenant == NULL)
		network->in_tenant = tenant_network(history, *key);
	return network->in_tenant == NULL ? NULL : network;
}

/*
 * A network counts as new where neither tenant nor mailbox knew it. People who move about bring new ones each day:
 * theirs count from when several mailboxes have seen it while it was still new.
 */
static void
mark_network(const struct profile *profile, struct mm_seen *in_tenant, const struct mm_seen *at_mailbox,
    const struct mm_logs_event *event)
{
	int64_t now_us = event->time_us;

	if (in_tenant->new_since_us != 0 || !mm_logs_reads_mail(event) ||
	    !mm_history_is_unseen(at_mailbox->last_us, now_us) || !mm_history_has_learned(profile->tenant, now_us))
		return;
	if (mm_history_is_unseen(in_tenant->last_us, now_us)) {
		if (mm_history_has_learned(profile->mailbox, now_us) &&
		    profile->mailbox->networks < MM_HISTORY_MOVER_NETWORKS)
			in_tenant->new_since_us = now_us;
	} else if (mm_history_has_learned(profile->tenant, in_tenant->first_us) &&
	    now_us - in_tenant->first_us < MM_HISTORY_LEARN_US &&
	    in_tenant->mailboxes + 1 >= MM_HISTORY_SHARED_MAILBOXES) {
		in_tenant->new_since_us = in_tenant->first_us;
	}
}

/* The number of the event's network becomes *number, 0 where it is not public. Returns false where there is no room. */
static bool
next_network(struct mm_history *history, const struct profile *profile, const struct profile_key *profile_key,
    const struct mm_logs_event *event, uint32_t *number)
{
	struct mm_seen *at_mailbox, *in_tenant;
	struct network_key key;
	struct network *network;

	*number = 0;
	if (event->address.network != MM_LOGS_PUBLIC)
		return true;
	fill_network_key(profile_key, event, &key);
	network = mailbox_network(history, &key);
	if (network == NULL)
		return false;
	at_mailbox = &network->seen;
	in_tenant = &network->in_tenant->seen;
	history->past.network_first = mm_history_is_unseen(at_mailbox->last_us, event->time_us);
	mark_network(profile, in_tenant, at_mailbox, event);
	in_tenant->mailboxes += at_mailbox->first_us == 0;
	profile->mailbox->networks += at_mailbox->first_us == 0;
	touch(in_tenant, event->time_us);
	touch(at_mailbox, event->time_us);
	history->past.network_in_tenant = in_tenant;
	history->past.network_at_mailbox = at_mailbox;
	*number = network->in_tenant->number;
	return true;
}

/* ---- tokens ---- */

static struct mm_token_seen *
token_of(struct mm_history *history, struct tokens *tokens, const struct mm_logs_id *id)
{
	struct mm_token_seen *seen = NULL;
	const struct mm_token_seen *old;

	if (mm_map_count(tokens->now) >= MM_HISTORY_TOKENS_MAX) {
		mm_map_free(&tokens->before);
		tokens->before = tokens->now;
		tokens->now = mm_map_new(sizeof(struct mm_logs_id), sizeof(struct mm_token_seen));
	}
	if (tokens->now != NULL)
		seen = mm_map_get(tokens->now, id);
	if (seen == NULL) {
		history->failed = true;
		return NULL;
	}
	if (seen->first_us != 0 || tokens->before == NULL)
		return seen;
	old = mm_map_find(tokens->before, id);
	if (old != NULL)
		*seen = *old;
	return seen;
}

static struct mm_token_seen *
next_token(struct mm_history *history, struct tokens *tokens, const struct mm_logs_id *id, uint32_t network,
    const struct mm_logs_event *event)
{
	struct mm_token_seen *seen = token_of(history, tokens, id);

	if (seen == NULL)
		return NULL;
	if (seen->first_us == 0) {
		seen->first_us = event->time_us;
		seen->tenant = event->tenant;
	}
	history->past.moved = seen->network != 0 && network != 0 && network != seen->network;
	if (seen->network == 0)
		seen->network = network;
	return seen;
}

static void
next_ids(struct mm_history *history, uint32_t network, const struct mm_logs_event *event)
{
	const struct mm_token_seen *token;

	if (!mm_logs_id_present(&event->token)) {
		if (mm_logs_id_present(&event->session))
			(void)next_token(history, &history->sessions, &event->session, network, event);
		return;
	}
	token = next_token(history, &history->tokens, &event->token, network, event);
	if (token == NULL)
		return;
	history->past.token_first_us = token->first_us;
	if (token->tenant != event->tenant)
		history->past.token_tenant = token->tenant;
}

/* ---- all of it ---- */

const struct mm_past *
mm_history_next(struct mm_history *history, const struct mm_logs_event *event)
{
	struct mm_past *past = &history->past;
	const struct profile *profile;
	struct profile_key key;
	uint32_t network = 0;

	memset(past, 0, sizeof(*past));
	if (!counts(event))
		return past;
	past->counts = true;
	past->application = mm_subject_application(event);
	fill_key(event, &key);
	profile = profile_of(history, &key);
	past->judged = profile != NULL;
	/* The network is judged by what the mailbox knew before. */
	past->no_room = profile == NULL || !next_network(history, profile, &key, event, &network);
	if (profile != NULL)
		next_application(profile, &key, event, past);
	next_ids(history, network, event);
	return history->failed ? NULL : &history->past;
}

void
mm_history_of(const struct mm_history *history, const struct mm_logs_event *event, struct mm_past *past)
{
	struct network_key network_key;
	const struct profile *profile;
	const struct network *network;
	struct profile_key key;
	size_t best;

	memset(past, 0, sizeof(*past));
	fill_key(event, &key);
	profile = counts(event) ? mm_map_find(history->profiles, &key) : NULL;
	if (profile == NULL)
		return;
	past->counts = past->judged = true;
	past->application = mm_subject_application(event);
	past->tenant = profile->tenant;
	past->mailbox = profile->mailbox;
	best = best_of(&key);
	past->in_tenant = best < LEVELS ? profile->in_tenant[best] : NULL;
	past->at_mailbox = best < LEVELS ? profile->at_mailbox[best] : NULL;
	if (event->address.network != MM_LOGS_PUBLIC)
		return;
	fill_network_key(&key, event, &network_key);
	network = mm_map_find(history->mailbox_networks, &network_key);
	if (network == NULL || network->in_tenant == NULL)
		return;
	past->network_at_mailbox = &network->seen;
	past->network_in_tenant = &network->in_tenant->seen;
}

bool
mm_history_tenant(const struct mm_history *history, size_t number, uint32_t *tenant, struct mm_seen *seen)
{
	if (number >= mm_map_count(history->tenants))
		return false;
	*tenant = *(const uint32_t *)mm_map_key(history->tenants, number);
	if (*tenant == OWN_SERVER)
		*tenant = 0;
	*seen = *(const struct mm_seen *)mm_map_value(history->tenants, number);
	return true;
}
