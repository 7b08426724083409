/* SPDX-License-Identifier: Apache-2.0 */
/* What the ledger says of itself. */
#include "daemon/ledger/status.h"

#include "engine/json_writer.h"

/* Of LEDGER_STATUS. */
#define STATUS_LEN_MAX 8192

static const char *
state_name(const struct ledger *ledger)
{
	if (ledger->damage[0] != '\0')
		return "damaged";
	if (ledger->secrets_fault[0] != '\0')
		return "no_secrets";
	return ledger->trouble[0] != '\0' || ledger->writer == NULL ? "cannot_record" : "ok";
}

static void
add_realm(struct mm_json_writer *writer, const struct ledger_realm *realm)
{
	const struct ledger_mint *mint = realm->mint;

	mm_json_begin_object(writer, realm->name);
	mm_json_add_int(writer, "recorded", (int64_t)mint->counts.recorded);
	mm_json_add_int(writer, "void", (int64_t)mint->counts.voided);
	mm_json_add_int(writer, "signed", (int64_t)mint->counts.released);
	mm_json_add_int(writer, "unknown", (int64_t)(mint->counts.unknown + mint->unresolved_count));
	mm_json_add_int(writer, "under_way", (int64_t)mint->job_count);
	mm_json_add_int(writer, "revocations", (int64_t)mint->revoked.count);
	mm_json_add_str(writer, "signer", !mint->signer_said ? "away" :
	    mint->signer_state.store_away ? "store_away" : "here");
	if (mint->signer_said && mint->signer_state.text.len > 0)
		mm_json_add_slice(writer, "signer_says", mm_mint_text_get(&mint->signer_state.text));
	if (!mint->has_root)
		mm_json_add_bool(writer, "has_mark_root", false);
	mm_json_end_object(writer);
}

static void
add_writer(struct mm_json_writer *writer, struct ledger *ledger)
{
	struct mm_ledger_writer_stats stats = { 0 };

	if (ledger->writer != NULL)
		mm_ledger_writer_stats(ledger->writer, &stats);
	mm_json_add_int(writer, "term", (int64_t)ledger->term);
	mm_json_add_int(writer, "records", (int64_t)stats.records);
	mm_json_add_int(writer, "syncs", (int64_t)stats.syncs);
	mm_json_add_int(writer, "bytes", (int64_t)stats.bytes);
	mm_json_add_int(writer, "tokens", (int64_t)ledger->made);
	mm_json_add_int(writer, "refused", (int64_t)ledger->refused);
	mm_json_add_int(writer, "busy", (int64_t)ledger->busy);
	mm_json_add_int(writer, "tickets", (int64_t)ledger->tickets.count);
}

static void
write_status(struct ledger *ledger, struct mm_buf *buf, bool with_keys)
{
	const char *trouble = ledger_trouble(ledger);
	struct mm_json_writer writer;

	mm_json_writer_init(&writer, buf);
	mm_json_begin_object(&writer, NULL);
	mm_json_add_str(&writer, "state", state_name(ledger));
	mm_json_add_str(&writer, "trouble", trouble);
	add_writer(&writer, ledger);
	ledger_keep_status(ledger, &writer);
	mm_json_begin_object(&writer, "realms");
	for (struct ledger_realm *realm = NULL; (realm = ledger_realm_next(ledger, realm)) != NULL;)
		add_realm(&writer, realm);
	mm_json_end_object(&writer);
	if (with_keys && ledger->keys_begun)
		ledger_keys_status(ledger->keys, &writer);
	mm_json_end_object(&writer);
}

/* With very many realms there is no room for all: then without the keys, or not at all. */
static void
send_status(struct ledger *ledger)
{
	struct mm_buf buf;

	mm_buf_init(&buf, STATUS_LEN_MAX);
	write_status(ledger, &buf, true);
	if (!mm_buf_ok(&buf)) {
		mm_buf_clear(&buf);
		write_status(ledger, &buf, false);
	}
	if (mm_buf_ok(&buf))
		(void)ledger_tell(ledger, MM_MESSAGE_LEDGER_STATUS, buf.data, buf.len, MM_SLICE_ABSENT);
	mm_buf_clear(&buf);
}

int64_t
ledger_status_tick(struct ledger *ledger, int64_t now_ms)
{
	if (now_ms >= ledger->status_ms) {
		send_status(ledger);
		ledger->status_ms = now_ms + LEDGER_STATUS_MS;
	}
	return ledger->status_ms;
}
