/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench-decide [--json FILE] [--rounds N]: the whole decision beside raw OpenSSL and beside Debian's libraries.
 *
 * The floor is EVP_DigestVerify() with a reused key and a context copied from a prepared one: the fastest way to verify
 * with OpenSSL's own interface. All run in one thread on one processor, in turn, round after round.
 */
#include "lib/base/limits.h"
#include "lib/token/judgement.h"
#include "test/bench/peers.h"
#include "test/bench/subject.h"
#include "test/bench/timing.h"

#include <openssl/ec.h>
#include <openssl/evp.h>

#include <getopt.h>
#include <stdlib.h>
#include <time.h>

#define TURN_MS 20
#define MUST_OF_FLOOR 0.93
#define MUST_PARSE_NS 1500.0

/* ---- the floor ---- */

struct floor_context {
	const struct bench_subject *subject;
	EVP_MD_CTX *prepared, *work;
	unsigned char signature[MM_SIGNATURE_LEN_MAX];
	size_t signature_len;
};

/* EVP_DigestVerify takes ECDSA signatures in DER; the floor gets it ready-made. */
static void
prepare_signature(struct floor_context *floor)
{
	const struct maker_text *raw = &floor->subject->signature;
	unsigned char *out = floor->signature;
	ECDSA_SIG *der;

	if (strcmp(floor->subject->algorithm, "ES256") != 0) {
		memcpy(floor->signature, raw->bytes, raw->len);
		floor->signature_len = raw->len;
		return;
	}
	der = ECDSA_SIG_new();
	ECDSA_SIG_set0(der, BN_bin2bn((unsigned char *)raw->bytes, 32, NULL),
	    BN_bin2bn((unsigned char *)raw->bytes + 32, 32, NULL));
	floor->signature_len = (size_t)i2d_ECDSA_SIG(der, &out);
	ECDSA_SIG_free(der);
}

static void
floor_open(struct floor_context *floor, const struct bench_subject *subject)
{
	bool ed25519 = strcmp(subject->algorithm, "EdDSA") == 0;

	floor->subject = subject;
	floor->prepared = EVP_MD_CTX_new();
	floor->work = EVP_MD_CTX_new();
	if (EVP_DigestVerifyInit(floor->prepared, NULL, ed25519 ? NULL : EVP_sha256(), NULL, subject->key) != 1)
		maker_fail("OpenSSL cannot verify %s", subject->algorithm);
	prepare_signature(floor);
}

static bool
floor_run(void *ctx)
{
	struct floor_context *floor = ctx;

	return EVP_MD_CTX_copy_ex(floor->work, floor->prepared) == 1 &&
	    EVP_DigestVerify(floor->work, floor->signature, floor->signature_len,
	    (const unsigned char *)floor->subject->signed_input.ptr, floor->subject->signed_input.len) == 1;
}

static void
floor_close(struct floor_context *floor)
{
	EVP_MD_CTX_free(floor->prepared);
	EVP_MD_CTX_free(floor->work);
}

/* ---- Mintmark ---- */

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
 * Everything but step 6: the steps themselves, in their order. The product has no way to leave the signature out, so the bench
 * calls the library's inside.
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
	if (mm_step_shape(judgement) != MM_OK || mm_step_header(judgement) != MM_OK || mm_step_realm(judgement) != MM_OK ||
	    mm_step_key(judgement) != MM_OK || mm_step_key_state(judgement) != MM_OK)
		return false;
	judgement->claims.set = judgement->unverified.set;
	return mm_step_claims(judgement) == MM_OK && mm_step_mailbox(judgement) == MM_OK &&
	    mm_step_binding(judgement) == MM_OK && mm_step_revocation(judgement) == MM_OK &&
	    mm_step_scope(judgement) == MM_OK;
}

/* ---- one algorithm ---- */

struct results {
	FILE *json;
	bool first;
	bool all_reached;
};

static void
report_row(struct results *results, const char *algorithm, const struct bench_contender *row, double must)
{
	bool reached = must == 0 || row->of_floor >= must;

	printf("  %-28s %10.0f/s %9.2f µs %8.3f of the floor%s\n", row->name, 1e9 / row->ns, row->ns / 1e3, row->of_floor,
	    must == 0 ? "" : reached ? "  reached" : "  NOT REACHED");
	results->all_reached = results->all_reached && reached;
	if (results->json == NULL)
		return;
	fprintf(results->json, "%s\n{\"algorithm\":\"%s\",\"contender\":\"%s\",\"ns\":%.1f,\"of_floor\":%.4f}",
	    results->first ? "" : ",", algorithm, row->name, row->ns, row->of_floor);
	results->first = false;
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
			printf("  %-28s has no %s\n", peers[i]->name, subject->algorithm);
		else
			contenders[count++] = (struct bench_contender){ .name = peers[i]->name, .run = peers[i]->run,
			    .ctx = peers[i]->open(subject) };
	}
	return count;
}

static void
report_lead(struct results *results, const struct bench_contender *contenders, size_t count)
{
	for (size_t i = 2; i < count; i++) {
		bool ahead = contenders[1].of_floor > contenders[i].of_floor;

		printf("  ahead of %-19s %10.2f times%s\n", contenders[i].name, contenders[1].of_floor / contenders[i].of_floor,
		    ahead ? "" : "  NOT AHEAD");
		results->all_reached = results->all_reached && ahead;
	}
}

static void
bench_algorithm(const char *algorithm, unsigned rounds, struct results *results)
{
	struct bench_subject subject;
	struct floor_context floor;
	struct decision_context ours;
	struct bench_contender contenders[8];
	size_t count = 2;

	bench_subject_make(&subject, algorithm);
	printf("%s, token of %zu bytes\n", algorithm, subject.token.len);
	floor_open(&floor, &subject);
	ours = (struct decision_context){ &subject, request_of(&subject), mm_decision_new() };
	contenders[0] = (struct bench_contender){ .name = "EVP_DigestVerify (the floor)", .run = floor_run, .ctx = &floor };
	contenders[1] = (struct bench_contender){ .name = "mm_decide", .run = decision_run, .ctx = &ours };
	count = add_peers(contenders, count, &subject);
	bench_run(contenders, count, rounds, TURN_MS);
	for (size_t i = 0; i < count; i++)
		report_row(results, algorithm, &contenders[i], i == 1 ? MUST_OF_FLOOR : 0);
	report_lead(results, contenders, count);
	mm_decision_free(&ours.decision);
	floor_close(&floor);
	bench_subject_free(&subject);
}

static void
bench_parse(unsigned rounds, struct results *results)
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
	bench_run(&contender, 1, rounds, TURN_MS);
	printf("parsing and policy alone: %.2f µs, must be at most %.1f µs  %s\n", contender.ns / 1e3, MUST_PARSE_NS / 1e3,
	    contender.ns <= MUST_PARSE_NS ? "reached" : "NOT REACHED");
	results->all_reached = results->all_reached && contender.ns <= MUST_PARSE_NS;
	if (results->json != NULL)
		fprintf(results->json, "%s\n{\"contender\":\"parsing and policy\",\"ns\":%.1f}", results->first ? "" : ",",
		    contender.ns);
	results->first = false;
	bench_subject_free(&subject);
	free(context);
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", required_argument, NULL, 'j' }, { "rounds", required_argument, NULL, 'r' }, { NULL, 0, NULL, 0 },
	};
	struct results results = { .first = true, .all_reached = true };
	unsigned rounds = 31;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'j' && (results.json = fopen(optarg, "w")) != NULL)
			continue;
		if (option == 'r' && (rounds = (unsigned)strtoul(optarg, NULL, 10)) >= 1 && rounds <= 101)
			continue;
		fprintf(stderr, "usage: bench-decide [--json FILE] [--rounds 1..101]\n");
		return 2;
	}
	bench_pin();
	if (results.json != NULL)
		fprintf(results.json, "[");
	bench_algorithm("RS256", rounds, &results);
	bench_algorithm("ES256", rounds, &results);
	bench_algorithm("EdDSA", rounds, &results);
	bench_parse(rounds, &results);
	if (results.json != NULL && (fprintf(results.json, "\n]\n") < 0 || fclose(results.json) != 0))
		return 1;
	return results.all_reached ? 0 : 1;
}
