/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Questions of operators: which they are, and when they are answered.
 */
#include "daemon/verifier/operator.h"

#include "daemon/verifier/control.h"
#include "daemon/verifier/revocation.h"
#include "daemon/verifier/scope.h"
#include "lib/base/array.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what operators see ---- */

void
verifier_write_words(struct mm_json_writer *writer, const char *name, struct mm_slice list)
{
	struct mm_slice word;
	size_t at = 0;

	mm_json_begin_array(writer, name);
	while (verifier_words_next(list, &at, &word))
		mm_json_add_slice(writer, NULL, word);
	mm_json_end_array(writer);
}

void
verifier_write_changes(struct verifier *verifier, struct mm_json_writer *writer, struct mm_slice whom)
{
	sqlite3_stmt *statement = verifier_table_sql(&verifier->table, VERIFIER_SQL_CHANGE_LIST);

	verifier_bind_text(statement, 1, whom);
	mm_json_begin_array(writer, "changes");
	while (verifier_table_next(&verifier->table, statement)) {
		mm_json_begin_object(writer, NULL);
		mm_json_add_int(writer, "time", verifier_column_int(statement, 0));
		mm_json_add_int(writer, "uid", verifier_column_int(statement, 1));
		mm_json_add_slice(writer, "verb", verifier_column_text(statement, 2));
		verifier_write_words(writer, "what", verifier_column_text(statement, 3));
		mm_json_end_object(writer);
	}
	mm_json_end_array(writer);
}

struct mm_slice
verifier_stated_words(uint32_t stated)
{
	static const char *const names[] = {
		"name", "tenant", "password", "delegates", "kind", "secret", "jwks", "certificate",
		"certificate_subject", "redirects", "logouts", "grants", "scopes", "audiences", "consent", "disabled",
	};
	static char words[256];
	size_t len = 0;

	for (size_t i = 0; i < MM_COUNT_OF(names); i++)
		if ((stated & 1U << i) != 0)
			len += (size_t)snprintf(words + len, sizeof(words) - len, "%s%s", len > 0 ? " " : "", names[i]);
	return mm_slice(words, len);
}

/* ---- questions ---- */

static bool
head_good(const struct mm_mint_ask *head)
{
	return head->zero == 0 && head->verb >= MM_MINT_VERB_USER_LIST && head->verb <= MM_MINT_VERB_CLIENT_DISABLE;
}

#define TEXT_GOOD(text) mm_mint_text_check((text)->len, (text)->bytes, sizeof((text)->bytes))

static bool
user_good(const struct mm_ask_user *ask)
{
	return ask->disabled <= 1 && TEXT_GOOD(&ask->username) && TEXT_GOOD(&ask->tenant) && TEXT_GOOD(&ask->name) &&
	    TEXT_GOOD(&ask->hash) && TEXT_GOOD(&ask->delegates);
}

static bool
client_good(const struct mm_ask_client *ask)
{
	return ask->confidential <= 1 && ask->consent <= 1 && ask->disabled <= 1 && TEXT_GOOD(&ask->id) &&
	    TEXT_GOOD(&ask->name) && TEXT_GOOD(&ask->tenant) && TEXT_GOOD(&ask->secret) &&
	    TEXT_GOOD(&ask->certificate) && TEXT_GOOD(&ask->certificate_subject) && TEXT_GOOD(&ask->grants) &&
	    TEXT_GOOD(&ask->scopes) && TEXT_GOOD(&ask->audiences) && TEXT_GOOD(&ask->redirects) &&
	    TEXT_GOOD(&ask->logouts) && TEXT_GOOD(&ask->jwks);
}

static bool
answer_question(struct verifier *verifier, const struct mm_mint_ask *head, struct mm_slice rest,
    struct mm_json_writer *writer, const char **why)
{
	static struct mm_ask_user user;
	static struct mm_ask_client client;

	if (head->verb <= MM_MINT_VERB_USER_DISABLE) {
		if (rest.len != sizeof(user))
			return false;
		memcpy(&user, rest.ptr, sizeof(user));
		if (!user_good(&user))
			return false;
		*why = verifier_operator_user(verifier, head, &user, writer);
		return true;
	}
	if (rest.len != sizeof(client))
		return false;
	memcpy(&client, rest.ptr, sizeof(client));
	if (!client_good(&client))
		return false;
	*why = verifier_operator_client(verifier, head, &client, writer);
	return true;
}

static void
write_error(struct mm_buf *json, const char *why)
{
	struct mm_json_writer writer;

	mm_buf_clear(json);
	mm_json_writer_init(&writer, json);
	mm_json_begin_object(&writer, NULL);
	mm_json_add_bool(&writer, "done", false);
	mm_json_add_str(&writer, "error", why);
	mm_json_end_object(&writer);
}

bool
verifier_operator_take(struct verifier *verifier, struct mm_slice payload)
{
	struct verifier_reply *reply = calloc(1, sizeof(*reply));
	const int64_t before = verifier->owed.last;
	struct mm_json_writer writer;
	struct mm_mint_ask head;
	const char *why = NULL;

	if (reply == NULL || payload.len < sizeof(head)) {
		free(reply);
		return false;
	}
	memcpy(&head, payload.ptr, sizeof(head));
	mm_buf_init(&reply->json, VERIFIER_REPLY_LEN_MAX);
	mm_json_writer_init(&writer, &reply->json);
	if (!head_good(&head) ||
	    !answer_question(verifier, &head, mm_slice(payload.ptr + sizeof(head), payload.len - sizeof(head)),
	        &writer, &why)) {
		mm_buf_clear(&reply->json);
		free(reply);
		return false;
	}
	if (why != NULL)
		write_error(&reply->json, why);
	reply->number = head.number;
	reply->done = why == NULL;
	reply->owed = verifier->owed.last != before ? verifier->owed.last : 0;
	reply->deadline_ms = verifier->now_ms + VERIFIER_LEDGER_MS;
	reply->next = verifier->replies;
	verifier->replies = reply;
	return true;
}

/* ---- answers ---- */

static void
send_reply(struct verifier_reply *reply, bool kept)
{
	if (!kept)
		write_error(&reply->json, "the table cannot be written: nothing was changed");
	else if (!mm_buf_ok(&reply->json))
		write_error(&reply->json, "the answer is too long, or memory is short");
	verifier_control_send_answer(reply->number, reply->done && kept,
	    mm_buf_ok(&reply->json) ? mm_slice(reply->json.data, reply->json.len) : mm_slice_str("{\"done\":false}"));
}

static void
free_reply(struct verifier_reply **at)
{
	struct verifier_reply *reply = *at;

	*at = reply->next;
	mm_buf_clear(&reply->json);
	free(reply);
}

/*
 * Whether it waits for the ledger, and for the end of the second up to which tokens are refused: what the operator does
 * next may give somebody another one. One that waited too long is done here, and not at the gates.
 */
static bool
waits(const struct verifier *verifier, struct verifier_reply *reply, bool kept)
{
	if (reply->owed == 0 || (!kept && reply->owed > verifier->owed.kept))
		return false;
	if (!verifier_owes(verifier, reply->owed))
		return verifier->now_ms < verifier->owed.quiet_ms;
	if (verifier->now_ms < reply->deadline_ms)
		return true;
	reply->done = false;
	write_error(&reply->json, "it is done here, but the ledger does not take it: gates go on with the tokens that "
	    "there are until it does, and are told then");
	return false;
}

/* One that waits is not of this round: that nothing was kept of it is others' trouble. */
void
verifier_replies_send(struct verifier *verifier, bool kept)
{
	struct verifier_reply **at = &verifier->replies;

	while (*at != NULL) {
		bool earlier = (*at)->owed != 0 && (*at)->owed <= verifier->owed.kept;

		if (waits(verifier, *at, kept)) {
			at = &(*at)->next;
			continue;
		}
		send_reply(*at, kept || earlier);
		free_reply(at);
	}
}

void
verifier_replies_forget(struct verifier *verifier)
{
	while (verifier->replies != NULL)
		free_reply(&verifier->replies);
}

int64_t
verifier_replies_due_ms(const struct verifier *verifier)
{
	int64_t due_ms = INT64_MAX;

	for (const struct verifier_reply *reply = verifier->replies; reply != NULL; reply = reply->next)
		if (reply->deadline_ms < due_ms)
			due_ms = reply->deadline_ms;
	if (verifier->owed.quiet_ms > verifier->now_ms && verifier->owed.quiet_ms < due_ms)
		due_ms = verifier->owed.quiet_ms;
	return due_ms;
}
