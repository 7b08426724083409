/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench-signer [--json FILE] [--rounds N]: signatures of a real mintmark-signer, driven over its socket pair with many
 * requests in flight, beside raw loops over the same bytes: OpenSSL's for sealed files, SoftHSM's for its token.
 * bench-signer rate: ES256 and sealed files once, printed as a bare number.
 *
 * A loop signs on one thread and does nothing else. The signer reads and checks each request, signs, and answers; its
 * other threads may use another processor, as may this program, which plays the ledger. Which is why the signer's
 * processor time is told too.
 */
#include "lib/base/array.h"
#include "lib/crypto/digest.h"
#include "test/bench/process_time.h"
#include "test/bench/report.h"
#include "test/bench/timing.h"
#include "test/signer_world.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <p11-kit/pkcs11.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* As many as a ledger's group commit brings at once. */
#define IN_FLIGHT 64

/* How long each contender's turn lasts. */
#define TURN_S 0.4

#define MUST 0.9

struct raw_openssl {
	EVP_PKEY *key;
	EVP_MD *hash;
	EVP_MD_CTX *digest, *prepared;
	EVP_PKEY_CTX *sign;
};

struct raw_token {
	CK_FUNCTION_LIST *calls;
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE key;
	CK_MECHANISM mechanism;
	bool hashes; /* the loop, since the module does not */
};

struct contest {
	const char *algorithm;
	struct signer_world world;
	struct signer_world_key key;
	struct signer_world_token token;
	char input[MM_MINT_SIGNING_INPUT_MAX];
	size_t input_len;
	bool (*raw)(struct contest *contest);
	struct raw_openssl openssl;
	struct raw_token module;
	double ratios[BENCH_ROUNDS_MAX], rates[BENCH_ROUNDS_MAX], raw_rates[BENCH_ROUNDS_MAX], cpu_us[BENCH_ROUNDS_MAX];
};

static void
fail(const char *what)
{
	fprintf(stderr, "bench-signer: %s\n", what);
	exit(2);
}

static double
now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* ---- OpenSSL alone: a digest with one context, a signature with another that is ready ---- */

static bool
sign_by_openssl(struct contest *contest)
{
	struct raw_openssl *raw = &contest->openssl;
	unsigned char digest[MM_DIGEST_LEN], signature[MM_SIGNATURE_LEN_MAX];
	size_t len = sizeof(signature);

	if (raw->prepared != NULL)
		return EVP_MD_CTX_copy_ex(raw->digest, raw->prepared) == 1 &&
		    EVP_DigestSign(raw->digest, signature, &len, (const unsigned char *)contest->input,
		        contest->input_len) == 1;
	return EVP_DigestInit_ex2(raw->digest, raw->hash, NULL) == 1 &&
	    EVP_DigestUpdate(raw->digest, contest->input, contest->input_len) == 1 &&
	    EVP_DigestFinal_ex(raw->digest, digest, NULL) == 1 &&
	    EVP_PKEY_sign(raw->sign, signature, &len, digest, sizeof(digest)) == 1;
}

static void
open_openssl(struct contest *contest)
{
	struct raw_openssl *raw = &contest->openssl;
	bool rsa = strcmp(contest->algorithm, "RS256") == 0, ed25519 = strcmp(contest->algorithm, "EdDSA") == 0;

	raw->key = rsa ? EVP_RSA_gen(2048) : ed25519 ? EVP_PKEY_Q_keygen(NULL, NULL, "ED25519") : EVP_EC_gen("P-256");
	raw->digest = EVP_MD_CTX_new();
	raw->hash = EVP_MD_fetch(NULL, "SHA2-256", NULL);
	if (ed25519) {
		raw->prepared = EVP_MD_CTX_new();
		if (EVP_DigestSignInit(raw->prepared, NULL, NULL, NULL, raw->key) != 1)
			fail("OpenSSL cannot sign");
		return;
	}
	raw->sign = EVP_PKEY_CTX_new_from_pkey(NULL, raw->key, NULL);
	if (EVP_PKEY_sign_init(raw->sign) != 1 || EVP_PKEY_CTX_set_signature_md(raw->sign, raw->hash) != 1 ||
	    (rsa && EVP_PKEY_CTX_set_rsa_padding(raw->sign, RSA_PKCS1_PADDING) != 1))
		fail("OpenSSL cannot sign");
}

static void
close_openssl(struct contest *contest)
{
	EVP_PKEY_CTX_free(contest->openssl.sign);
	EVP_MD_CTX_free(contest->openssl.prepared);
	EVP_MD_CTX_free(contest->openssl.digest);
	EVP_MD_free(contest->openssl.hash);
	EVP_PKEY_free(contest->openssl.key);
}

/* ---- the module alone, with the signer's own key ---- */

static bool
sign_by_module(struct contest *contest)
{
	struct raw_token *raw = &contest->module;
	unsigned char digest[MM_DIGEST_LEN], signature[MM_SIGNATURE_LEN_MAX];
	CK_ULONG len = sizeof(signature);
	struct mm_slice input = mm_slice(contest->input, contest->input_len);

	if (raw->hashes) {
		if (!mm_sha256(input, digest))
			return false;
		input = mm_slice(digest, sizeof(digest));
	}
	return raw->calls->C_SignInit(raw->session, &raw->mechanism, raw->key) == CKR_OK &&
	    raw->calls->C_Sign(raw->session, (CK_BYTE *)(uintptr_t)input.ptr, input.len, signature, &len) == CKR_OK;
}

static void
open_module(struct contest *contest)
{
	struct raw_token *raw = &contest->module;
	CK_OBJECT_CLASS private_class = CKO_PRIVATE_KEY;
	CK_ATTRIBUTE like[] = {
		{ CKA_CLASS, &private_class, sizeof(private_class) },
		{ CKA_ID, contest->key.thumbprint, sizeof(contest->key.thumbprint) },
	};
	CK_UTF8CHAR pin[] = "1234";
	CK_C_GetFunctionList get_list;
	CK_SLOT_ID slots[8];
	CK_ULONG count = MM_COUNT_OF(slots);

	raw->hashes = strcmp(contest->algorithm, "ES256") == 0;
	raw->mechanism.mechanism = raw->hashes ? CKM_ECDSA : CKM_SHA256_RSA_PKCS;
	(void)setenv("SOFTHSM2_CONF", strchr(contest->world.variables[0], '=') + 1, 1);
	*(void **)&get_list = dlsym(dlopen(contest->world.module, RTLD_NOW), "C_GetFunctionList");
	if (get_list == NULL || get_list(&raw->calls) != CKR_OK || raw->calls->C_Initialize(NULL) != CKR_OK ||
	    raw->calls->C_GetSlotList(CK_TRUE, slots, &count) != CKR_OK ||
	    raw->calls->C_OpenSession(slots[0], CKF_SERIAL_SESSION, NULL, NULL, &raw->session) != CKR_OK ||
	    raw->calls->C_Login(raw->session, CKU_USER, pin, 4) != CKR_OK ||
	    raw->calls->C_FindObjectsInit(raw->session, like, MM_COUNT_OF(like)) != CKR_OK ||
	    raw->calls->C_FindObjects(raw->session, &raw->key, 1, &count) != CKR_OK || count != 1 ||
	    raw->calls->C_FindObjectsFinal(raw->session) != CKR_OK)
		fail("the token cannot be used");
}

/* ---- turns ---- */

static double
rate_of_raw(struct contest *contest)
{
	double begin_s = now_s(), end_s;
	unsigned count = 0;

	do {
		for (unsigned i = 0; i < 16; i++)
			if (!contest->raw(contest))
				fail("the raw loop cannot sign");
		count += 16;
		end_s = now_s();
	} while (end_s - begin_s < TURN_S);
	return count / (end_s - begin_s);
}

static void
send_one(struct contest *contest)
{
	contest->token.deadline_ms = signer_world_now_ms() + 10000;
	(void)signer_world_send(&contest->world, &contest->token, &contest->key, contest->input, contest->input_len);
}

/* Take one answer; without waiting where wait is false, and then false where there is none. */
static bool
take_one(struct contest *contest, bool wait)
{
	struct signer_world *world = &contest->world;
	struct pollfd readable = { world->ledger, POLLIN, 0 };
	struct mm_signed answer;

	for (;;) {
		if (mm_message_receive(world->ledger, MM_PROCESS_LEDGER, MM_PROCESS_SIGNER, &world->message) == 1)
			break;
		if (errno != EAGAIN)
			fail("the signer is gone");
		if (!wait)
			return false;
		(void)poll(&readable, 1, -1);
	}
	memcpy(&answer, world->message.payload, sizeof(answer));
	if (world->message.type != MM_MESSAGE_SIGNED || answer.status != MM_SIGN_DONE)
		fail("the signer refused");
	return true;
}

static double
rate_of_signer(struct contest *contest, double *cpu_us)
{
	double begin_s = now_s(), end_s, begin_us = bench_process_cpu_us(contest->world.pid);
	unsigned sent = 0, taken = 0;

	do {
		for (; sent - taken < IN_FLIGHT; sent++)
			send_one(contest);
		(void)take_one(contest, true);
		for (taken++; sent - taken > IN_FLIGHT / 2 && take_one(contest, false); taken++)
			;
		end_s = now_s();
	} while (end_s - begin_s < TURN_S);
	*cpu_us = (bench_process_cpu_us(contest->world.pid) - begin_us) / taken;
	for (; taken < sent; taken++)
		(void)take_one(contest, true);
	return taken / (now_s() - begin_s);
}

/* Once by the whole path, so that what is timed is known to be right. */
static void
check(struct contest *contest)
{
	struct mm_slice signature;
	struct mm_signed answer;

	if (signer_world_sign(&contest->world, &contest->token, &contest->key, &answer, &signature) != MM_SIGN_DONE)
		fail("the signer refuses");
}

/* Of a token as long as real ones are; the times of now. */
static void
renew_input(struct contest *contest)
{
	static const char claims[] = "\"sid\":\"0f9c1a60d2b74e77\",\"scope\":\"mail.read mail.send offline_access\","
	    "\"auth_time\":1700000000,\"preferred_username\":\"alice.anderson@contoso.example\","
	    "\"cnf\":{\"jkt\":\"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I\"},";

	signer_world_token(&contest->token);
	contest->token.extra = claims;
	contest->input_len = signer_world_input(&contest->token, &contest->key, contest->input);
}

static void
begin_contest(struct contest *contest, bool with_token)
{
	struct signer_world *world = &contest->world;
	int flags;

	signer_world_init(world, with_token);
	world->algorithm = contest->algorithm;
	signer_world_start(world);
	if (signer_world_make(world, &contest->key) != MM_SIGN_DONE ||
	    signer_world_open(world, contest->key.thumbprint) != MM_SIGN_DONE)
		fail("the signer has no key");
	renew_input(contest);
	check(contest);
	flags = fcntl(world->ledger, F_GETFL);
	if (flags == -1 || fcntl(world->ledger, F_SETFL, flags | O_NONBLOCK) == -1)
		fail("its socket");
}

static void
end_contest(struct contest *contest)
{
	if (signer_world_stop(&contest->world) != 0)
		fail("the signer did not end as it should");
	signer_world_end(&contest->world);
}

static void
run_contest(struct bench_report *report, struct contest *contest, const char *raw_name, bool with_token)
{
	char what[96];

	begin_contest(contest, with_token);
	contest->raw = with_token ? sign_by_module : sign_by_openssl;
	(with_token ? open_module : open_openssl)(contest);
	for (unsigned i = 0; i < report->rounds; i++) {
		renew_input(contest);
		contest->raw_rates[i] = rate_of_raw(contest);
		contest->rates[i] = rate_of_signer(contest, &contest->cpu_us[i]);
		contest->ratios[i] = contest->rates[i] / contest->raw_rates[i];
	}
	bench_report_add(report, &(struct bench_figure){ .what = raw_name,
	    .value = bench_median(contest->raw_rates, report->rounds), .unit = "/s" });
	bench_report_add(report, &(struct bench_figure){ .what = "the signer",
	    .value = bench_median(contest->rates, report->rounds), .unit = "/s" });
	bench_report_add(report, &(struct bench_figure){ .what = "its processor time a signature",
	    .value = bench_median(contest->cpu_us, report->rounds), .unit = "µs" });
	(void)snprintf(what, sizeof(what), "the signer / %s", raw_name);
	bench_report_add(report, &(struct bench_figure){ what, bench_median(contest->ratios, report->rounds), "",
	    BENCH_AT_LEAST, MUST });
	if (with_token)
		(void)contest->module.calls->C_Finalize(NULL);
	else
		close_openssl(contest);
	end_contest(contest);
}

/* For who measures something else against it in the same run. */
static int
print_rate(void)
{
	static struct contest contest = { .algorithm = "ES256" };
	double cpu_us;

	begin_contest(&contest, false);
	printf("%.0f\n", rate_of_signer(&contest, &cpu_us));
	end_contest(&contest);
	return 0;
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *group, *algorithm, *raw_name;
		bool with_token;
	} contests[] = {
		{ "ES256, sealed file", "ES256", "OpenSSL alone", false },
		{ "RS256, sealed file", "RS256", "OpenSSL alone", false },
		{ "EdDSA, sealed file", "EdDSA", "OpenSSL alone", false },
		{ "ES256, SoftHSM", "ES256", "the module alone", true },
		{ "RS256, SoftHSM", "RS256", "the module alone", true },
	};
	struct bench_report report;

	signal(SIGPIPE, SIG_IGN);
	bench_report_begin(&report, &argc, &argv, 15, "[rate]");
	if (argc == 1 && strcmp(argv[0], "rate") == 0)
		return print_rate();
	for (size_t i = 0; i < MM_COUNT_OF(contests); i++) {
		static struct contest contest;

		memset(&contest, 0, sizeof(contest));
		contest.algorithm = contests[i].algorithm;
		if (contests[i].with_token && !signer_world_has_softhsm())
			fail("there is no SoftHSM here");
		bench_report_group(&report, contests[i].group);
		run_contest(&report, &contest, contests[i].raw_name, contests[i].with_token);
	}
	return bench_report_end(&report);
}
