/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the issuer is: /healthz, /readyz, /metrics, and what mintmarkd is told.
 */
#include "daemon/issuer/metrics.h"

#include "daemon/issuer/issuer.h"
#include "daemon/issuer/route.h"
#include "engine/json_writer.h"

#include <inttypes.h>

_Static_assert(ISSUER_METRICS_ROUTES == ISSUER_ROUTES_MAX, "answers are counted by route");

/* Labels and sentences. */
static const struct {
	const char *cause, *text;
} troubles[ISSUER_TROUBLES] = {
	[ISSUER_WITHOUT_KEYS] = { "keys", "the realm's keys have not come yet" },
	[ISSUER_WITHOUT_TENANTS] = { "tenants", "the realm's tenants have not come yet" },
	[ISSUER_NOTHING_SIGNS] = { "no_key",
	    "no key may sign now, so that nothing is issued: 'mintmark key list' says why and until when" },
	[ISSUER_WITHOUT_VERIFIER] = { "verifier", "the verifier is away" },
	[ISSUER_WITHOUT_LEDGER] = { "ledger", "the ledger is away" },
	[ISSUER_SIGNER_AWAY] = { "signer", "the signer or its key store is away" },
	[ISSUER_CANNOT_RECORD] = { "record", "nothing can be recorded now: 'mintmark status' says why" },
};

const char *
issuer_trouble_text(enum issuer_trouble trouble)
{
	return troubles[trouble].text;
}

enum issuer_trouble
issuer_find_trouble(struct issuer *issuer)
{
	struct issuer_waiting_counts counts;

	issuer_waiting_get_counts(&issuer->waiting, &counts);
	if (!issuer_key_set_is_there(&issuer->keys))
		return ISSUER_WITHOUT_KEYS;
	if (issuer->realm.pattern.is_template && !issuer_tenants_are_there(&issuer->tenants))
		return ISSUER_WITHOUT_TENANTS;
	if (!issuer_key_set_signs(&issuer->keys, (int64_t)time(NULL)))
		return ISSUER_NOTHING_SIGNS;
	if (!counts.verifier_there)
		return ISSUER_WITHOUT_VERIFIER;
	if (!counts.ledger_there)
		return ISSUER_WITHOUT_LEDGER;
	if (counts.trouble == MM_MINT_NO_KEY)
		return ISSUER_SIGNER_AWAY;
	return counts.trouble == MM_MINT_NO_RECORD ? ISSUER_CANNOT_RECORD : ISSUER_WELL;
}

enum issuer_turn
issuer_healthz(struct issuer_exchange *exchange, struct mm_http_answer *answer)
{
	(void)exchange;
	mm_http_answer_text(answer, MHD_HTTP_OK, "ok");
	return ISSUER_ANSWERED;
}

enum issuer_turn
issuer_readyz(struct issuer_exchange *exchange, struct mm_http_answer *answer)
{
	const char *trouble = issuer_trouble_text(issuer_find_trouble(exchange->issuer));

	if (atomic_load(&exchange->issuer->stopping))
		trouble = "the issuer is stopping";
	mm_http_answer_text(answer, trouble == NULL ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE,
	    trouble == NULL ? "ready" : trouble);
	return ISSUER_ANSWERED;
}

enum issuer_turn
issuer_metrics_page(struct issuer_exchange *exchange, struct mm_http_answer *answer)
{
	answer->status = MHD_HTTP_OK;
	answer->content_type = "text/plain; version=0.0.4; charset=utf-8";
	issuer_metrics_write(exchange->issuer, &answer->body);
	return ISSUER_ANSWERED;
}

/* ---- writing ---- */

static void
write_one(struct mm_buf *out, const char *name, const char *type, const char *help, uint64_t value)
{
	mm_buf_addf(out, "# HELP %s %s\n# TYPE %s %s\n%s %" PRIu64 "\n", name, help, name, type, name, value);
}

static void
write_answers(struct issuer *issuer, struct mm_buf *out)
{
	mm_buf_add_str(out, "# HELP mintmark_issuer_answers_total Answers by endpoint and hundreds of their status.\n"
	                    "# TYPE mintmark_issuer_answers_total counter\n");
	for (size_t route = 0; route < issuer_route_count(); route++)
		for (unsigned class = 2; class < ISSUER_STATUS_CLASSES; class++)
			mm_buf_addf(out, "mintmark_issuer_answers_total{endpoint=\"%s\",status=\"%uxx\"} %" PRIu64 "\n",
			    issuer_route_name(route), class,
			    atomic_load_explicit(&issuer->metrics.answers[route][class], memory_order_relaxed));
}

static void
write_trouble(enum issuer_trouble trouble, struct mm_buf *out)
{
	write_one(out, "mintmark_issuer_ready", "gauge", "1 where the realm makes tokens, as far as the issuer knows.",
	    trouble == ISSUER_WELL);
	mm_buf_add_str(out, "# HELP mintmark_issuer_trouble 1 for why it makes none.\n"
	                    "# TYPE mintmark_issuer_trouble gauge\n");
	for (unsigned i = ISSUER_WELL + 1; i < ISSUER_TROUBLES; i++)
		mm_buf_addf(out, "mintmark_issuer_trouble{cause=\"%s\"} %d\n", troubles[i].cause, i == trouble);
}

void
issuer_metrics_write(struct issuer *issuer, struct mm_buf *out)
{
	struct issuer_waiting_counts counts;

	issuer_waiting_get_counts(&issuer->waiting, &counts);
	write_answers(issuer, out);
	write_one(out, "mintmark_issuer_tokens_made_total", "counter", "Tokens that the ledger made for a request.",
	    counts.tokens_made);
	write_one(out, "mintmark_issuer_tokens_not_made_total", "counter", "Tokens that the ledger could not make.",
	    counts.tokens_not_made);
	write_one(out, "mintmark_issuer_timed_out_total", "counter", "Requests that nobody answered in time.",
	    counts.timed_out);
	write_one(out, "mintmark_issuer_waiting", "gauge", "Requests that wait for verifier or ledger.",
	    counts.questions);
	write_one(out, "mintmark_issuer_connections", "gauge", "Connections that are open.",
	    atomic_load(&issuer->connections));
	write_trouble(issuer_find_trouble(issuer), out);
}

void
issuer_state_write(struct issuer *issuer, struct mm_buf *out)
{
	struct issuer_waiting_counts counts;
	struct mm_json_writer writer;
	const char *trouble = issuer_trouble_text(issuer_find_trouble(issuer));

	issuer_waiting_get_counts(&issuer->waiting, &counts);
	mm_json_writer_init(&writer, out);
	mm_json_begin_object(&writer, NULL);
	mm_json_add_bool(&writer, "ready", trouble == NULL);
	mm_json_add_str(&writer, "trouble", trouble);
	mm_json_add_int(&writer, "connections", (int64_t)atomic_load(&issuer->connections));
	mm_json_add_int(&writer, "waiting", (int64_t)counts.questions);
	mm_json_add_int(&writer, "tokens_made", (int64_t)counts.tokens_made);
	mm_json_add_int(&writer, "tokens_not_made", (int64_t)counts.tokens_not_made);
	mm_json_add_int(&writer, "timed_out", (int64_t)counts.timed_out);
	mm_json_end_object(&writer);
}
