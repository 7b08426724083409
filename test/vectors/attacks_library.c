/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The attack table through the library, each row cold and warm: one cache serves all rows and worlds, whose snapshots
 * have one epoch.
 *
 * Row 16 is decided in a child that may only read, write and exit: a kid that were used as a path or an address
 * would kill it.
 */
#include "test/vectors/attacks.h"

#include "engine/config.h"
#include "engine/problems.h"
#include "engine/trustfile.h"
#include "lib/codec/base64url.h"
#include "lib/crypto/digest.h"
#include "lib/token/autopsy.h"
#include "lib/token/facts.h"
#include "lib/token/proof.h"
#include "test/maker/mint.h"

#include <mintmark.h>

#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static struct mm_trust *trust;
static struct mm_decision *decision, *spare; /* the second is the autopsy's */
static struct mm_cache *cache; /* until the program ends */
static struct mm_proof *proof; /* NULL: the world has no mints */
static uint32_t next_number;   /* of the index */

static void make_proof(const struct attack_world *world);

/* Of the case that is asked. */
static struct mm_evidence evidence;
static unsigned char certificate_digest[MM_BASE64URL_DECODED_MAX(MM_BASE64URL_ENCODED_LEN(MM_DIGEST_LEN))];
static struct mm_slice proof_before;

#define CACHE_BYTES ((size_t)4 << 20)

static bool
has_alarm(const struct mm_problems *problems)
{
	for (size_t i = 0; i < problems->count; i++) {
		if (problems->items[i].class == MM_PROBLEM_ALARM)
			return true;
	}
	return false;
}

static bool
open_library(struct attack_world *world)
{
	static const unsigned char seed[MM_CACHE_SEED_LEN] = "any bytes will do for one run!!";
	struct mm_problems problems = { 0 };
	struct mm_config *config = NULL;
	bool good = mm_trustfile_load(world->config_path, &problems, &config, &trust);

	world->alarms = has_alarm(&problems);
	if (!good && !mm_problems_has_error(&problems))
		attack_fail("%s was refused without a word", world->config_path);
	if (good) {
		decision = mm_decision_new();
		spare = mm_decision_new();
	}
	if (attack_is_of_mints(world->name))
		make_proof(world);
	if (cache == NULL)
		cache = mm_cache_new(CACHE_BYTES, seed);
	if ((good && (decision == NULL || spare == NULL)) || cache == NULL)
		attack_fail("out of memory");
	mm_config_free(&config);
	mm_problems_clear(&problems);
	return good;
}

/* Where a proof is shown, a store that has seen no other one than what the case says was shown before. */
static void
begin_evidence(const struct mm_request *request)
{
	static const unsigned char seed[MM_EVIDENCE_SECRET_LEN] = "any bytes will do for one run!!";
	struct mm_request before = *request;
	struct mm_evidence used;

	if (!mm_slice_present(evidence.dpop_proof))
		return;
	mm_replay_store_free(&evidence.replay_store);
	evidence.replay_store = mm_replay_store_new(MM_REPLAY_BYTES_MIN, seed);
	if (evidence.replay_store == NULL)
		attack_fail("out of memory");
	if (!mm_slice_present(proof_before))
		return;
	used = evidence;
	used.dpop_proof = proof_before;
	before.evidence = &used;
	if (!mm_allowed(mm_decide(trust, &before, decision)))
		attack_fail("a proof that is to be replayed was not accepted before");
}

static void
decide(const struct mm_request *request, struct attack_answer *answer)
{
	const char *code;

	begin_evidence(request);
	answer->asked = true;
	answer->allowed = mm_allowed(mm_decide(trust, request, decision));
	code = mm_reason_code(mm_decision_reason(decision));
	attack_copy(answer->reason, sizeof answer->reason, code, strlen(code));
	snprintf(answer->proof, sizeof answer->proof, "%s", mm_issuance_name(mm_decision_issuance(decision)));
}

/* After a decision: what its autopsy says, if it wants one. */
static void
examine(struct mm_slice token, struct attack_answer *answer)
{
	static const char *const words[][4] = {
		[MM_AUTOPSY_NOISE] = { "noise" },
		[MM_AUTOPSY_LEAD] = { "lead" },
		[MM_AUTOPSY_PROOF] = { "proof", "proof issuer", "proof window", "proof revoked" },
	};
	const struct mm_key *key = NULL;
	struct mm_autopsy autopsy;
	const char *said;

	if (!mm_autopsy_wanted(decision, &key)) {
		attack_copy(answer->autopsy, sizeof answer->autopsy, "none", 4);
		return;
	}
	autopsy = mm_autopsy_examine(trust, token, spare);
	said = words[autopsy.class][autopsy.fault];
	if (key == NULL || said == NULL || (autopsy.key == NULL) != (autopsy.class == MM_AUTOPSY_NOISE))
		said = "contradicts itself";
	attack_copy(answer->autopsy, sizeof answer->autopsy, said, strlen(said));
}

static uint64_t
hits(void)
{
	struct mm_cache_stats stats;

	mm_cache_get_stats(cache, &stats);
	return stats.hits;
}

/* The second time a token whose signature held comes from the cache; what is said must not change. */
static void
decide_warm(const struct mm_request *cold_request, struct attack_answer *answer)
{
	struct mm_request request = *cold_request;
	struct attack_answer warm = { 0 };
	uint64_t hits_before;

	request.cache = cache;
	decide(&request, &warm);
	hits_before = hits();
	decide(&request, &warm);
	if (mm_decision_facts(decision)->verified && hits() != hits_before + 1 + mm_slice_present(proof_before))
		attack_copy(warm.reason, sizeof warm.reason, "not from the cache", 18);
	if (warm.allowed == answer->allowed && strcmp(warm.reason, answer->reason) == 0)
		return;
	answer->allowed = answer->allowed || warm.allowed;
	snprintf(answer->reason, sizeof answer->reason, "warm: %.30s", warm.reason);
}

static _Noreturn void
decide_confined(const struct mm_request *request, int out)
{
	struct attack_answer answer = { 0 };

	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) != 0)
		_exit(1);
	decide(request, &answer);
	if (write(out, &answer, sizeof answer) != sizeof answer)
		syscall(SYS_exit, 1);
	for (;;)
		syscall(SYS_exit, 0);
}

static void
decide_in_child(const struct mm_request *request, struct attack_answer *answer)
{
	int ends[2], status;
	pid_t child;

	if (pipe(ends) != 0 || (child = fork()) < 0)
		attack_fail("no child for row 16");
	if (child == 0)
		decide_confined(request, ends[1]);
	close(ends[1]);
	if (read(ends[0], answer, sizeof *answer) != sizeof *answer)
		*answer = (struct attack_answer){ .asked = true, .reason = "killed: it touched more than memory" };
	close(ends[0]);
	waitpid(child, &status, 0);
}

static void
take_evidence(const struct attack_shown *shown)
{
	size_t len;

	proof_before = mm_slice_str(shown->proof_before);
	mm_replay_store_free(&evidence.replay_store);
	evidence = (struct mm_evidence){
		.dpop_proof = mm_slice_str(shown->proof),
		.dpop_proof_count = shown->proof != NULL,
		.http_method = mm_slice_str(ATTACK_METHOD),
		.http_url = mm_slice_str(ATTACK_URL),
	};
	if (shown->thumbprint[0] == '\0')
		return;
	if (mm_base64url_decode(mm_slice_str(shown->thumbprint), certificate_digest, &len) != MM_OK)
		attack_fail("'%s' is no thumbprint", shown->thumbprint);
	evidence.certificate_digest = certificate_digest;
}

/* ---- what proves that tokens of mints were issued ---- */

static const char *const mints[] = { "consumer", "enterprise", "sts" };

/* The product's derivations of the maker's root: two ways of writing the same. */
static void
set_day(const char *realm, const char *audience, uint32_t day)
{
	const uint8_t *root = (const uint8_t *)MAKER_MARK_ROOT;
	uint8_t id[MM_TOKEN_ID_KEY_LEN], mark[MM_MARK_KEY_LEN], index[MM_INDEX_KEY_LEN];
	struct mm_proof_secrets secrets = { mm_slice_str(realm), mm_slice_str(audience), day, id, mark, index };

	if (!mm_mint_token_id_key(root, secrets.realm, id) ||
	    !mm_mint_mark_key(root, secrets.realm, secrets.audience, day, mark) ||
	    !mm_mint_index_key(root, secrets.realm, day, index) || !mm_proof_set_day(proof, &secrets))
		attack_fail("no secrets of realm %s", realm);
}

static void
make_proof(const struct attack_world *world)
{
	static const char *const audiences[] = { "https://mail.example", "https://drive.example" };

	proof = mm_proof_new((size_t)64 << 20);
	if (proof == NULL)
		attack_fail("out of memory");
	for (size_t i = 0; i < sizeof mints / sizeof mints[0]; i++)
		for (size_t j = 0; j < sizeof audiences / sizeof audiences[0]; j++)
			for (int day = -1; day <= 1; day++)
				set_day(mints[i], audiences[j], mm_mint_day(world->now_s) + (uint32_t)day);
}

/* The index of each mint gets a token's entry at its number, or none; all before it is known. */
static void
put_on_record(const struct attack_world *world, struct mm_slice token)
{
	struct mm_token_place place = { 1, (uint32_t)(world->now_s / 60), world->number };
	size_t len = token.len;
	uint8_t digest[MM_DIGEST_LEN];

	while (len > 0 && token.ptr[len - 1] != '.')
		len--;
	if (proof == NULL || len == 0 || !mm_sha256(mm_slice(token.ptr, len - 1), digest))
		return;
	for (size_t i = 0; i < sizeof mints / sizeof mints[0]; i++) {
		struct mm_issued *index = mm_proof_index(proof, mm_slice_str(mints[i]));
		const struct mm_proof_realm *realm = mm_proof_find_realm(proof, mm_slice_str(mints[i]));
		const struct mm_proof_day *day = mm_proof_find_day(realm, mm_slice_str("https://mail.example"),
		    mm_mint_day(world->now_s));
		struct mm_token_place at = place;
		uint64_t entry = 0, none = 0;

		for (at.counter = next_number; at.counter < place.counter; at.counter++)
			if (!mm_issued_add(index, at, &none, 1))
				attack_fail("the index is full");
		if (world->recorded && !mm_issued_entry_with(day->index_key, digest, &entry))
			attack_fail("no entry");
		if (!mm_issued_add(index, place, &entry, 1))
			attack_fail("the index is full");
		mm_issued_set_high_water(index, (struct mm_token_place){ 1, place.minute + 1, 0 });
	}
	next_number = world->number + 1;
}

static void
ask_library(struct attack_world *world, size_t number, const struct attack_case *one, const char *token,
    const struct attack_shown *shown)
{
	struct mm_request request = {
		.service = mm_trust_find_service(trust, mm_slice_str(one->service)),
		.token = mm_slice_str(token),
		.mailbox = mm_slice_str(one->mailbox),
		.now_s = world->now_s,
		.evidence = &evidence,
		.proof = proof,
	};

	take_evidence(shown);
	put_on_record(world, request.token);
	decide(&request, &world->answers[number]);
	examine(request.token, &world->answers[number]);
	decide_warm(&request, &world->answers[number]);
	if (strcmp(one->row, "16") == 0 && !world->answers[number].allowed)
		decide_in_child(&request, &world->answers[number]);
}

static void
close_library(struct attack_world *world)
{
	(void)world;
	mm_replay_store_free(&evidence.replay_store);
	mm_proof_free(&proof);
	next_number = 0;
	mm_decision_free(&decision);
	mm_decision_free(&spare);
	mm_trust_free(&trust);
}

const struct attack_face attack_face = {
	.name = "library",
	.chooses_time = true,
	.proves = true,
	.open = open_library,
	.ask = ask_library,
	.close = close_library,
};
