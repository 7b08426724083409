/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Questions at the control socket: a table of members, one row and one function each.
 */
#include "daemon/desk/request.h"

#include "lib/base/array.h"
#include "lib/base/limits.h"
#include "lib/codec/json.h"

#include <string.h>

/* More than any question has. */
#define MEMBERS_MAX 24

#define BIT(ask) (1U << (ask))
#define READS (BIT(DESK_ASK_DECISIONS) | BIT(DESK_ASK_AUTOPSIES))

static const struct {
	const char *name;
	bool changes;
} asks[DESK_ASK_COUNT] = {
	[DESK_ASK_STATUS] = { "status", false },
	[DESK_ASK_RELOAD] = { "reload", true },
	[DESK_ASK_FETCH] = { "fetch", true },
	[DESK_ASK_DECISIONS] = { "decisions", false },
	[DESK_ASK_AUTOPSIES] = { "autopsies", false },
};

/* ---- values ---- */

/* Keep a string's content with a NUL behind it; a NUL in it cannot be, the scan refuses it. */
static bool
take_text(struct desk_request *request, struct mm_json_value value, const char **text)
{
	_Alignas(8) char room[DESK_REQUEST_LEN_MAX];
	struct mm_scratch scratch;
	struct mm_slice content;

	mm_scratch_init(&scratch, room, sizeof(room));
	if (!mm_json_string(value, &scratch, &content) || content.len >= sizeof(request->texts) - request->texts_len)
		return false;
	*text = request->texts + request->texts_len;
	memcpy(request->texts + request->texts_len, content.ptr, content.len);
	request->texts[request->texts_len + content.len] = '\0';
	request->texts_len += content.len + 1;
	return true;
}

static bool
take_flag(struct mm_json_value value, bool *flag)
{
	*flag = value.type == MM_JSON_BOOLEAN && value.text.ptr[0] == 't';
	return value.type == MM_JSON_BOOLEAN;
}

static bool
take_ask(struct desk_request *request, struct mm_json_value value)
{
	(void)request; /* was read first */
	return value.type == MM_JSON_STRING;
}

static bool
take_realm(struct desk_request *request, struct mm_json_value value)
{
	return take_text(request, value, &request->realm) && request->realm[0] != '\0' &&
	    strlen(request->realm) <= MM_NAME_LEN_MAX;
}

static bool
take_follow(struct desk_request *request, struct mm_json_value value)
{
	return take_flag(value, &request->follow);
}

static bool
take_leads(struct desk_request *request, struct mm_json_value value)
{
	return take_flag(value, &request->filter.leads);
}

static bool
take_since(struct desk_request *request, struct mm_json_value value)
{
	return mm_json_integer(value, &request->filter.since_us);
}

static bool
take_until(struct desk_request *request, struct mm_json_value value)
{
	return mm_json_integer(value, &request->filter.until_us);
}

static bool
take_last(struct desk_request *request, struct mm_json_value value)
{
	int64_t number;

	if (!mm_json_integer(value, &number) || number > DESK_LAST_MAX)
		return false;
	request->by_last = true;
	request->last = (size_t)number;
	return true;
}

static bool
take_service(struct desk_request *request, struct mm_json_value value)
{
	return take_text(request, value, &request->filter.service);
}

static bool
take_kid(struct desk_request *request, struct mm_json_value value)
{
	return take_text(request, value, &request->filter.kid);
}

static bool
take_tenant(struct desk_request *request, struct mm_json_value value)
{
	return take_text(request, value, &request->filter.tenant);
}

static bool
take_protocol(struct desk_request *request, struct mm_json_value value)
{
	return take_text(request, value, &request->filter.protocol);
}

static bool
take_verdict(struct desk_request *request, struct mm_json_value value)
{
	request->filter.by_verdict = true;
	request->filter.allowed = mm_json_string_is(value, "allow");
	return request->filter.allowed || mm_json_string_is(value, "deny");
}

static bool
take_reason(struct desk_request *request, struct mm_json_value value)
{
	const char *code;

	request->filter.by_reason = true;
	return take_text(request, value, &code) && mm_reason_find(code, strlen(code), &request->filter.reason);
}

/* ---- members ---- */

static const struct {
	const char *name;
	unsigned asks; /* bit per question that may have it */
	bool (*take)(struct desk_request *request, struct mm_json_value value);
	const char *fault;
} members[] = {
	{ "ask", ~0U, take_ask, "'ask' is no text" },
	{ "realm", BIT(DESK_ASK_FETCH), take_realm, "'realm' is no name of a realm" },
	{ "follow", READS, take_follow, "'follow' is neither true nor false" },
	{ "leads", BIT(DESK_ASK_AUTOPSIES), take_leads, "'leads' is neither true nor false" },
	{ "since_us", READS, take_since, "'since_us' is no time" },
	{ "until_us", READS, take_until, "'until_us' is no time" },
	{ "last", READS, take_last, "'last' is no number from 0 to 100000" },
	{ "service", BIT(DESK_ASK_DECISIONS), take_service, "'service' is no text" },
	{ "kid", BIT(DESK_ASK_DECISIONS), take_kid, "'kid' is no text" },
	{ "tenant", BIT(DESK_ASK_DECISIONS), take_tenant, "'tenant' is no text" },
	{ "protocol", BIT(DESK_ASK_DECISIONS), take_protocol, "'protocol' is no text" },
	{ "verdict", BIT(DESK_ASK_DECISIONS), take_verdict, "'verdict' is neither allow nor deny" },
	{ "reason", BIT(DESK_ASK_DECISIONS), take_reason, "'reason' is no reason" },
};

static bool
fail(const char **why, const char *text)
{
	*why = text;
	return false;
}

static bool
find_ask(struct mm_json_value value, enum desk_ask *ask)
{
	for (size_t i = 0; i < MM_COUNT_OF(asks); i++)
		if (asks[i].name != NULL && mm_json_string_is(value, asks[i].name)) {
			*ask = (enum desk_ask)i;
			return true;
		}
	return false;
}

/* A question about mints has members of its own. */
static bool
parse_mint(const struct mm_json_index *index, enum mm_mint_verb verb, struct desk_request *request, const char **why)
{
	request->ask = DESK_ASK_MINT;
	desk_mint_request_init(&request->mint, verb);
	for (size_t i = 0; i < index->count; i++)
		if (!mm_slice_equal(index->members[i].name.text, mm_slice_str("ask")) &&
		    !desk_mint_request_take(&request->mint, &index->members[i], why))
			return false;
	return true;
}

static bool
take_member(struct desk_request *request, const struct mm_json_member *member, const char **why)
{
	for (size_t i = 0; i < MM_COUNT_OF(members); i++) {
		if (member->name_escaped || !mm_slice_equal(member->name.text, mm_slice_str(members[i].name)))
			continue;
		if ((members[i].asks & BIT(request->ask)) == 0)
			return fail(why, "a member does not belong to this question");
		return members[i].take(request, member->value) || fail(why, members[i].fault);
	}
	return fail(why, "a member has no known name");
}

bool
desk_request_parse(struct mm_slice line, struct desk_request *request, const char **why)
{
	struct mm_json_names names;
	struct mm_json_member found[MEMBERS_MAX];
	struct mm_json_index index = { .members = found, .max = MM_COUNT_OF(found) };
	enum mm_mint_verb verb;

	*request = (struct desk_request){ .ask = DESK_ASK_COUNT };
	mm_journal_filter_init(&request->filter);
	if (mm_json_scan(line, &names, &index, NULL) != MM_OK)
		return fail(why, "the question is no JSON object, or has a member twice");
	if (desk_mint_verb_find(mm_json_find(&index, "ask"), &verb))
		return parse_mint(&index, verb, request, why);
	if (!find_ask(mm_json_find(&index, "ask"), &request->ask))
		return fail(why, "'ask' is not status, reload, fetch, decisions, autopsies or a question about a mint");
	request->filter.autopsies = request->ask == DESK_ASK_AUTOPSIES;
	for (size_t i = 0; i < index.count; i++)
		if (!take_member(request, &index.members[i], why))
			return false;
	if (request->ask == DESK_ASK_FETCH && request->realm == NULL)
		return fail(why, "'realm' is missing");
	return true;
}

bool
desk_request_changes(const struct desk_request *request)
{
	if (request->ask == DESK_ASK_MINT)
		return desk_mint_verb_changes((enum mm_mint_verb)request->mint.ask.verb);
	return asks[request->ask].changes;
}

bool
desk_request_reads_journal(const struct desk_request *request)
{
	return (READS & BIT(request->ask)) != 0;
}
