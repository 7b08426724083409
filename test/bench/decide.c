/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench-decide [--json FILE] [--rounds N]: the whole decision beside raw OpenSSL and beside Debian's libraries.
 *
 * All run in one thread on one processor, in turn, round after round.
 */
#include "lib/token/judgement.h"
#include "test/bench/allocations.h"
#include "test/bench/floor.h"
#include "test/bench/peers.h"
#include "test/bench/report.h"
#include "test/bench/timing.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TURN_MS 20
#define MUST_OF_FLOOR 0.93
#define MUST_PARSE_US 1.5
#define COUNTED_DECISIONS 100

/* ---- what is timed ---- */

struct decision_context {
	const struct bench_subject *subject;
	struct mm_request request;
	struct mm_decision *decision;
};

static bool
decision_run(void *ctx)
{
	struct decision_context *context = ctx;

	return mm_allowed(mm_decide(context->subject->trust, &context->request, context->decision));
}

/*
 * Everything but step 6: the steps themselves, in their order. The product has no way to leave the signature out,
 * so the bench calls the library's inside.
 */
struct parse_context {
	struct mm_request request;
	struct mm_judgement judgement;
};

static bool
parse_run(void *ctx)
{
	struct parse_context *context = ctx;
	struct mm_judgement *judgement = &context->judgement;

	judgement->request = &context->request;
	judgement->facts = (struct mm_facts){ .service = judgement->service };
	judgement->header = (struct mm_json_index){ judgement->header_members, 0, MM_HEADER_MEMBERS_MAX };
	judgement->payload = (struct mm_json_index){ judgement->payload_members, 0, MM_PAYLOAD_MEMBERS_MAX };
	mm_scratch_init(&judgement->scratch, judgement->scratch_bytes, sizeof(judgement->scratch_bytes));
	if (mm_step_shape(judgement) != MM_OK || mm_step_header(judgement) != MM_OK ||
	    mm_step_realm(judgement) != MM_OK || mm_step_key(judgement) != MM_OK ||
	    mm_step_key_state(judgement) != MM_OK)
		return false;
	judgement->claims.set = judgement->unverified.set;
	return mm_step_claims(judgement) == MM_OK && mm_step_mailbox(judgement) == MM_OK &&
	    mm_step_binding(judgement) == MM_OK && mm_step_revocation(judgement) == MM_OK &&
	    mm_step_scope(judgement) == MM_OK;
}

/* ---- one algorithm ---- */

static void
report_contender(struct bench_report *report, const struct bench_contender *contender, enum bench_bound bound)
{
	char what[64];

	bench_report_add(report, &(struct bench_figure){ .what = contender->name, .value = contender->ns / 1e3,
	    .unit = "µs" });
	if (contender->of_floor == 1)
		return;
	snprintf(what, sizeof(what), "%s: speed beside the floor", contender->name);
	bench_report_add(report, &(struct bench_figure){ what, contender->of_floor, "times", bound, MUST_OF_FLOOR });
}

static struct mm_request
request_of(const struct bench_subject *subject)
{
	return (struct mm_request){
		.service = mm_trust_find_service(subject->trust, mm_slice_str("imap")),
		.token = mm_slice(subject->token.bytes, subject->token.len),
		.now_s = (int64_t)time(NULL),
	};
}

static size_t
add_peers(struct bench_contender *contenders, size_t count, const struct bench_subject *subject)
{
	static const struct bench_peer *const peers[] = {
		&bench_peer_libjwt, &bench_peer_cjose, &bench_peer_jose, &bench_peer_rhonabwy,
	};

	for (size_t i = 0; i < sizeof(peers) / sizeof(peers[0]); i++) {
		if (strstr(peers[i]->algorithms, subject->algorithm) == NULL)
			printf("  %s has no %s\n", peers[i]->name, subject->algorithm);
		else
			contenders[count++] = (struct bench_contender){ .name = peers[i]->name, .run = peers[i]->run,
			    .ctx = peers[i]->open(subject) };
	}
	return count;
}

/* contenders: the floor, ours, the peers. */
static void
report_all(struct bench_report *report, const struct bench_contender *contenders, size_t count)
{
	for (size_t i = 0; i < count; i++)
		report_contender(report, &contenders[i], i == 1 ? BENCH_AT_LEAST : BENCH_REPORTED);
	for (size_t i = 2; i < count; i++) {
		char what[64];

		snprintf(what, sizeof(what), "mm_decide: speed beside %s", contenders[i].name);
		bench_report_add(report, &(struct bench_figure){ what, contenders[1].of_floor / contenders[i].of_floor,
		    "times", BENCH_MORE_THAN, 1 });
	}
}

static void
count_own_allocations(struct bench_report *report, struct decision_context *ours)
{
	size_t before = bench_allocations();

	for (int i = 0; i < COUNTED_DECISIONS; i++)
		if (!decision_run(ours))
			maker_fail("the decision denies what it should allow");
	bench_report_add(report, &(struct bench_figure){ "mm_decide: allocations of our own, a decision",
	    (double)(bench_allocations() - before) / COUNTED_DECISIONS, "", BENCH_AT_MOST, 0 });
}

static void
bench_algorithm(struct bench_report *report, const char *algorithm)
{
	struct bench_subject subject;
	struct bench_floor floor;
	struct decision_context ours;
	struct bench_contender contenders[8];
	size_t count = 2;

	bench_subject_make(&subject, algorithm);
	bench_report_group(report, algorithm);
	bench_report_add(report, &(struct bench_figure){ .what = "the token", .value = (double)subject.token.len,
	    .unit = "bytes" });
	bench_floor_open(&floor, &subject);
	ours = (struct decision_context){ &subject, request_of(&subject), mm_decision_new() };
	contenders[0] = (struct bench_contender){ .name = "EVP_DigestVerify, the floor", .run = bench_floor_run,
	    .ctx = &floor };
	contenders[1] = (struct bench_contender){ .name = "mm_decide", .run = decision_run, .ctx = &ours };
	count = add_peers(contenders, count, &subject);
	bench_run(contenders, count, report->rounds, TURN_MS);
	report_all(report, contenders, count);
	count_own_allocations(report, &ours);
	mm_decision_free(&ours.decision);
	bench_floor_close(&floor);
	bench_subject_free(&subject);
}

static void
bench_parse(struct bench_report *report)
{
	struct bench_contender contender = { .name = "all steps but the signature", .run = parse_run };
	struct parse_context *context = calloc(1, sizeof(*context));
	struct bench_subject subject;

	if (context == NULL)
		maker_fail("memory is short");
	bench_subject_make(&subject, "RS256");
	context->request = request_of(&subject);
	context->judgement.trust = subject.trust;
	context->judgement.service = context->request.service;
	contender.ctx = context;
	bench_run(&contender, 1, report->rounds, TURN_MS);
	bench_report_group(report, "parsing and policy alone");
	bench_report_add(report, &(struct bench_figure){ contender.name, contender.ns / 1e3, "µs", BENCH_AT_MOST,
	    MUST_PARSE_US });
	bench_subject_free(&subject);
	free(context);
}

int
main(int argc, char **argv)
{
	struct bench_report report;

	bench_report_begin(&report, &argc, &argv, 31, "");
	bench_pin();
	bench_algorithm(&report, "RS256");
	bench_algorithm(&report, "ES256");
	bench_algorithm(&report, "EdDSA");
	bench_parse(&report);
	return bench_report_end(&report);
}
