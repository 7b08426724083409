/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench-signer [--json FILE] [--rounds N] [GROUP]: signatures of a real mintmark-signer, driven over its socket pair
 * with many requests in flight, beside raw loops over the same bytes: OpenSSL's for sealed files, SoftHSM's for its
 * token. As many threads sign on one side as on the other: first one, then as many as the signer makes by itself.
 * GROUP: those alone whose name begins so.
 * bench-signer rate: ES256 and sealed files once, printed as two bare numbers: of all its threads, and of one.
 *
 * A raw loop signs and does nothing else. The signer reads and checks each request, signs, and answers: by one more
 * thread, its loop; and this program, which plays the ledger, makes the requests. Neither is kept off the processors
 * that sign. Where every processor has a thread that signs, both take away from the signer's rate: what they take is
 * told.
 */
#include "daemon/keystore/keystore.h"
#include "lib/base/array.h"
#include "lib/crypto/digest.h"
#include "test/bench/process_time.h"
#include "test/bench/report.h"
#include "test/bench/timing.h"
#include "test/signer_world.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <p11-kit/pkcs11.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* As many as a ledger's group commit brings at once; and as the mint has clients that it is held against this with. */
#define IN_FLIGHT 64

/* How long each contender's turn lasts. */
#define TURN_S 0.4

#define MUST 0.9

#define RAW_THREADS_MAX 16

struct contest;

/* One thread's raw loop. */
struct raw {
	struct contest *contest;
	pthread_t thread;
	unsigned long count;
	/* OpenSSL's: a digest with one context, a signature with another that is ready. */
	EVP_MD_CTX *digest, *prepared;
	EVP_PKEY_CTX *sign;
	/* The module's. */
	CK_SESSION_HANDLE session;
};

/* How many threads sign, on either side, and what came of it. */
struct match {
	unsigned threads;
	double raw[BENCH_ROUNDS_MAX], rates[BENCH_ROUNDS_MAX], ratios[BENCH_ROUNDS_MAX];
	double raw_us[BENCH_ROUNDS_MAX], cpu_us[BENCH_ROUNDS_MAX], own_us[BENCH_ROUNDS_MAX];
};

struct contest {
	const char *algorithm;
	bool with_token;
	struct signer_world world;
	struct signer_world_key key;
	struct signer_world_token token;
	char input[MM_MINT_SIGNING_INPUT_MAX];
	size_t input_len;
	bool (*sign)(struct raw *raw);
	struct raw raws[RAW_THREADS_MAX];
	_Atomic bool stop;
	EVP_PKEY *openssl_key;
	EVP_MD *hash;
	CK_FUNCTION_LIST *calls;
	CK_OBJECT_HANDLE object;
	CK_MECHANISM mechanism;
	bool hashes; /* the loop, since the module does not */
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

/* ---- OpenSSL alone ---- */

static bool
sign_by_openssl(struct raw *raw)
{
	const struct contest *contest = raw->contest;
	const unsigned char *input = (const unsigned char *)contest->input;
	unsigned char digest[MM_DIGEST_LEN], signature[MM_SIGNATURE_LEN_MAX];
	size_t len = sizeof(signature);

	if (raw->prepared != NULL)
		return EVP_MD_CTX_copy_ex(raw->digest, raw->prepared) == 1 &&
		    EVP_DigestSign(raw->digest, signature, &len, input, contest->input_len) == 1;
	return EVP_DigestInit_ex2(raw->digest, contest->hash, NULL) == 1 &&
	    EVP_DigestUpdate(raw->digest, input, contest->input_len) == 1 &&
	    EVP_DigestFinal_ex(raw->digest, digest, NULL) == 1 &&
	    EVP_PKEY_sign(raw->sign, signature, &len, digest, sizeof(digest)) == 1;
}

static void
open_openssl_thread(struct contest *contest, struct raw *raw)
{
	bool rsa = strcmp(contest->algorithm, "RS256") == 0;

	raw->digest = EVP_MD_CTX_new();
	if (strcmp(contest->algorithm, "EdDSA") == 0) {
		raw->prepared = EVP_MD_CTX_new();
		if (EVP_DigestSignInit(raw->prepared, NULL, NULL, NULL, contest->openssl_key) != 1)
			fail("OpenSSL cannot sign");
		return;
	}
	raw->sign = EVP_PKEY_CTX_new_from_pkey(NULL, contest->openssl_key, NULL);
	if (EVP_PKEY_sign_init(raw->sign) != 1 || EVP_PKEY_CTX_set_signature_md(raw->sign, contest->hash) != 1 ||
	    (rsa && EVP_PKEY_CTX_set_rsa_padding(raw->sign, RSA_PKCS1_PADDING) != 1))
		fail("OpenSSL cannot sign");
}

static void
open_openssl(struct contest *contest)
{
	bool rsa = strcmp(contest->algorithm, "RS256") == 0, ed25519 = strcmp(contest->algorithm, "EdDSA") == 0;

	contest->openssl_key = rsa ? EVP_RSA_gen(2048) :
	    ed25519            ? EVP_PKEY_Q_keygen(NULL, NULL, "ED25519") :
	                         EVP_EC_gen("P-256");
	contest->hash = EVP_MD_fetch(NULL, "SHA2-256", NULL);
	for (size_t i = 0; i < RAW_THREADS_MAX; i++)
		open_openssl_thread(contest, &contest->raws[i]);
	contest->sign = sign_by_openssl;
}

static void
close_openssl(struct contest *contest)
{
	for (size_t i = 0; i < RAW_THREADS_MAX; i++) {
		EVP_PKEY_CTX_free(contest->raws[i].sign);
		EVP_MD_CTX_free(contest->raws[i].prepared);
		EVP_MD_CTX_free(contest->raws[i].digest);
	}
	EVP_MD_free(contest->hash);
	EVP_PKEY_free(contest->openssl_key);
}

/* ---- the module alone, with the signer's own key; a session a thread, as the signer has ---- */

static bool
sign_by_module(struct raw *raw)
{
	struct contest *contest = raw->contest;
	unsigned char digest[MM_DIGEST_LEN], signature[MM_SIGNATURE_LEN_MAX];
	struct mm_slice input = mm_slice(contest->input, contest->input_len);
	CK_ULONG len = sizeof(signature);

	if (contest->hashes) {
		if (!mm_sha256(input, digest))
			return false;
		input = mm_slice(digest, sizeof(digest));
	}
	return contest->calls->C_SignInit(raw->session, &contest->mechanism, contest->object) == CKR_OK &&
	    contest->calls->C_Sign(raw->session, (CK_BYTE *)(uintptr_t)input.ptr, input.len, signature, &len) == CKR_OK;
}

static bool
find_in_module(struct contest *contest)
{
	CK_OBJECT_CLASS private_class = CKO_PRIVATE_KEY;
	CK_ATTRIBUTE like[] = {
		{ CKA_CLASS, &private_class, sizeof(private_class) },
		{ CKA_ID, contest->key.thumbprint, sizeof(contest->key.thumbprint) },
	};
	CK_SESSION_HANDLE session = contest->raws[0].session;
	CK_ULONG count = 0;

	return contest->calls->C_FindObjectsInit(session, like, MM_COUNT_OF(like)) == CKR_OK &&
	    contest->calls->C_FindObjects(session, &contest->object, 1, &count) == CKR_OK && count == 1 &&
	    contest->calls->C_FindObjectsFinal(session) == CKR_OK;
}

static void
open_module(struct contest *contest)
{
	CK_C_INITIALIZE_ARGS threads = { .flags = CKF_OS_LOCKING_OK };
	CK_UTF8CHAR pin[] = "1234";
	CK_C_GetFunctionList get_list;
	CK_SLOT_ID slots[8];
	CK_ULONG count = MM_COUNT_OF(slots);

	contest->hashes = strcmp(contest->algorithm, "ES256") == 0;
	contest->mechanism.mechanism = contest->hashes ? CKM_ECDSA : CKM_SHA256_RSA_PKCS;
	contest->sign = sign_by_module;
	(void)setenv("SOFTHSM2_CONF", strchr(contest->world.variables[0], '=') + 1, 1);
	*(void **)&get_list = dlsym(dlopen(contest->world.module, RTLD_NOW), "C_GetFunctionList");
	if (get_list == NULL || get_list(&contest->calls) != CKR_OK ||
	    contest->calls->C_Initialize(&threads) != CKR_OK ||
	    contest->calls->C_GetSlotList(CK_TRUE, slots, &count) != CKR_OK)
		fail("the token cannot be used");
	for (size_t i = 0; i < RAW_THREADS_MAX; i++)
		if (contest->calls->C_OpenSession(slots[0], CKF_SERIAL_SESSION, NULL, NULL,
		        &contest->raws[i].session) != CKR_OK)
			fail("the token has no sessions");
	if (contest->calls->C_Login(contest->raws[0].session, CKU_USER, pin, 4) != CKR_OK || !find_in_module(contest))
		fail("the token's key cannot be used");
}

/* ---- turns ---- */

/* Of all threads, also of those that ended. */
static double
own_cpu_us(void)
{
	struct timespec used;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return (double)used.tv_sec * 1e6 + (double)used.tv_nsec / 1e3;
}

static void *
run_raw(void *ctx)
{
	struct raw *raw = ctx;

	for (raw->count = 0; !atomic_load_explicit(&raw->contest->stop, memory_order_relaxed); raw->count++)
		if (!raw->contest->sign(raw))
			fail("a raw loop cannot sign");
	return NULL;
}

static double
rate_of_raw(struct contest *contest, unsigned threads, double *cpu_us)
{
	const struct timespec turn = { 0, (long)(TURN_S * 1e9) };
	double begin_us = own_cpu_us(), begin_s = now_s(), end_s;
	unsigned long count = 0;

	atomic_store(&contest->stop, false);
	for (unsigned i = 0; i < threads; i++)
		if (pthread_create(&contest->raws[i].thread, NULL, run_raw, &contest->raws[i]) != 0)
			fail("threads are short");
	(void)nanosleep(&turn, NULL);
	atomic_store(&contest->stop, true);
	end_s = now_s();
	for (unsigned i = 0; i < threads; i++) {
		(void)pthread_join(contest->raws[i].thread, NULL);
		count += contest->raws[i].count;
	}
	*cpu_us = (own_cpu_us() - begin_us) / (double)count;
	return (double)count / (end_s - begin_s);
}

/* As a ledger does, so that the signer gets many at once: all that may be in flight. */
static unsigned
send_some(struct contest *contest, unsigned count)
{
	static char requests[MM_SIGN_MESSAGE_MAX];
	struct mm_sign sign = { .deadline_ms = signer_world_now_ms() + 10000, .token_class = MM_CLASS_ACCESS,
		.len = (uint32_t)contest->input_len };
	size_t len = 0;
	unsigned i = 0;

	memcpy(sign.thumbprint, contest->key.thumbprint, sizeof(sign.thumbprint));
	for (; i < count && i < MM_SIGN_TOGETHER_MAX; i++) {
		if (sizeof(sign) + contest->input_len > sizeof(requests) - len)
			break;
		sign.serial = contest->world.serial + 1 + i;
		memcpy(requests + len, &sign, sizeof(sign));
		memcpy(requests + len + sizeof(sign), contest->input, contest->input_len);
		len += sizeof(sign) + contest->input_len;
	}
	if (mm_message_send(contest->world.ledger, MM_PROCESS_LEDGER, MM_PROCESS_SIGNER, MM_MESSAGE_SIGN, requests,
	        len, -1) == -1) {
		if (errno != EAGAIN)
			fail("the signer takes nothing");
		return 0;
	}
	contest->world.serial += i;
	return i;
}

/* The answers of a message. */
static unsigned
count_answers(const struct mm_message *message)
{
	struct mm_signed answer;
	unsigned count = 0;

	for (size_t at = 0; at + sizeof(answer) <= message->len; at += sizeof(answer) + answer.len) {
		memcpy(&answer, message->payload + at, sizeof(answer));
		if (message->type != MM_MESSAGE_SIGNED || answer.status != MM_SIGN_DONE)
			fail("the signer refused");
		count++;
	}
	return count;
}

/* Take what answers there are; wait for one where there is none. */
static unsigned
take_some(struct contest *contest)
{
	static struct mm_batch batch;
	struct pollfd readable = { contest->world.ledger, POLLIN, 0 };
	unsigned count = 0;

	(void)poll(&readable, 1, -1);
	if (mm_message_receive_batch(contest->world.ledger, MM_PROCESS_LEDGER, MM_PROCESS_SIGNER, &batch,
	        MM_BATCH_MAX) != 1 && errno != EAGAIN)
		fail("the signer is gone");
	for (size_t i = 0; i < batch.count; i++)
		count += count_answers(&batch.messages[i]);
	return count;
}

/* Its rate, its processor time a signature and that of this program. */
static double
rate_of_signer(struct contest *contest, double *cpu_us, double *own_us)
{
	double begin_s = now_s(), end_s, begin_us = bench_process_cpu_us(contest->world.pid);
	double own_begin_us = own_cpu_us(), rate;
	unsigned sent = 0, taken = 0;

	do {
		if (sent - taken <= IN_FLIGHT / 2)
			while (sent - taken < IN_FLIGHT)
				sent += send_some(contest, IN_FLIGHT - (sent - taken));
		taken += take_some(contest);
		end_s = now_s();
	} while (end_s - begin_s < TURN_S);
	*cpu_us = (bench_process_cpu_us(contest->world.pid) - begin_us) / taken;
	*own_us = (own_cpu_us() - own_begin_us) / taken;
	rate = taken / (end_s - begin_s);
	while (taken < sent)
		taken += take_some(contest);
	return rate;
}

/* ---- a contest ---- */

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

/* The processors that this program may use, and the first so many of them. */
static unsigned
count_processors(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) == 0 ? (unsigned)CPU_COUNT(&set) : 1;
}

static void
first_processors(const cpu_set_t *all, unsigned count, cpu_set_t *some)
{
	CPU_ZERO(some);
	for (unsigned i = 0; i < CPU_SETSIZE && count > 0; i++)
		if (CPU_ISSET(i, all)) {
			CPU_SET(i, some);
			count--;
		}
}

/* Give every thread of the signer all processors. */
static void
widen(pid_t pid, const cpu_set_t *all)
{
	char path[64];
	const struct dirent *entry;
	DIR *tasks;

	(void)snprintf(path, sizeof(path), "/proc/%ld/task", (long)pid);
	tasks = opendir(path);
	while (tasks != NULL && (entry = readdir(tasks)) != NULL)
		if (entry->d_name[0] != '.' &&
		    sched_setaffinity((pid_t)strtol(entry->d_name, NULL, 10), sizeof(*all), all) == -1)
			fail("the signer's threads cannot be given all processors");
	if (tasks == NULL)
		fail("the signer's threads cannot be seen");
	closedir(tasks);
}

/*
 * A signer makes as many threads that sign as there are processors when it starts; afterwards it gets all of them. For
 * a module it is told how many.
 */
static void
start_signer(struct contest *contest, unsigned threads)
{
	cpu_set_t all, some;

	contest->world.module_threads = threads;
	if (sched_getaffinity(0, sizeof(all), &all) == -1)
		fail("this program's processors");
	first_processors(&all, threads, &some);
	if (sched_setaffinity(0, sizeof(some), &some) == -1)
		fail("this program's processors");
	signer_world_start(&contest->world);
	if (sched_setaffinity(0, sizeof(all), &all) == -1)
		fail("this program's processors");
	widen(contest->world.pid, &all);
}

static void
begin_signer(struct contest *contest, unsigned threads)
{
	struct signer_world *world = &contest->world;
	int flags;

	start_signer(contest, threads);
	if ((contest->key.jwk_len == 0 && signer_world_make(world, &contest->key) != MM_SIGN_DONE) ||
	    signer_world_open(world, contest->key.thumbprint) != MM_SIGN_DONE)
		fail("the signer has no key");
	renew_input(contest);
	check(contest);
	flags = fcntl(world->ledger, F_GETFL);
	if (flags == -1 || fcntl(world->ledger, F_SETFL, flags | O_NONBLOCK) == -1)
		fail("its socket");
}

static void
begin_contest(struct contest *contest)
{
	signer_world_init(&contest->world, contest->with_token);
	contest->world.algorithm = contest->algorithm;
	for (size_t i = 0; i < RAW_THREADS_MAX; i++)
		contest->raws[i].contest = contest;
}

static void
end_signer(struct contest *contest)
{
	if (signer_world_stop(&contest->world) != 0)
		fail("the signer did not end as it should");
}

static void
add(struct bench_report *report, unsigned threads, const char *of, double values[BENCH_ROUNDS_MAX], const char *unit,
    bool bound)
{
	char what[96];

	(void)snprintf(what, sizeof(what), "%u thread%s: %s", threads, threads == 1 ? "" : "s", of);
	bench_report_add(report, &(struct bench_figure){ what, bench_median(values, report->rounds), unit,
	    bound ? BENCH_AT_LEAST : BENCH_REPORTED, bound ? MUST : 0 });
}

static void
run_match(struct bench_report *report, struct contest *contest, unsigned threads)
{
	static struct match match;

	begin_signer(contest, threads);
	if (contest->calls == NULL && contest->openssl_key == NULL)
		(contest->with_token ? open_module : open_openssl)(contest);
	for (unsigned i = 0; i < report->rounds; i++) {
		renew_input(contest);
		match.raw[i] = rate_of_raw(contest, threads, &match.raw_us[i]);
		match.rates[i] = rate_of_signer(contest, &match.cpu_us[i], &match.own_us[i]);
		match.ratios[i] = match.rates[i] / match.raw[i];
	}
	end_signer(contest);
	add(report, threads, contest->with_token ? "the module alone" : "OpenSSL alone", match.raw, "/s", false);
	add(report, threads, "the signer", match.rates, "/s", false);
	add(report, threads, "the signer / alone", match.ratios, "", true);
	add(report, threads, "alone, processor time a signature", match.raw_us, "µs", false);
	add(report, threads, "the signer, processor time a signature", match.cpu_us, "µs", false);
	add(report, threads, "who asks it, processor time a signature", match.own_us, "µs", false);
}

static void
run_contest(struct bench_report *report, struct contest *contest)
{
	unsigned processors = count_processors();
	unsigned most = processors < KEYSTORE_THREADS_MAX && !contest->with_token ? processors : KEYSTORE_THREADS_MAX;

	begin_contest(contest);
	run_match(report, contest, 1);
	if (most > 1)
		run_match(report, contest, most);
	if (contest->with_token)
		(void)contest->calls->C_Finalize(NULL);
	else
		close_openssl(contest);
	signer_world_end(&contest->world);
}

/* For who measures something else against it in the same run. */
static int
print_rates(void)
{
	static struct contest contest = { .algorithm = "ES256" };
	const unsigned threads[] = { count_processors(), 1 };

	begin_contest(&contest);
	for (size_t i = 0; i < MM_COUNT_OF(threads); i++) {
		double cpu_us, own_us;

		begin_signer(&contest, threads[i]);
		printf("%.0f\n", rate_of_signer(&contest, &cpu_us, &own_us));
		end_signer(&contest);
	}
	signer_world_end(&contest.world);
	return 0;
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *group, *algorithm;
		bool with_token;
	} contests[] = {
		{ "ES256, sealed file", "ES256", false },
		{ "RS256, sealed file", "RS256", false },
		{ "EdDSA, sealed file", "EdDSA", false },
		{ "ES256, SoftHSM", "ES256", true },
		{ "RS256, SoftHSM", "RS256", true },
	};
	struct bench_report report;

	signal(SIGPIPE, SIG_IGN);
	bench_report_begin(&report, &argc, &argv, 15, "[rate | GROUP]");
	if (argc == 1 && strcmp(argv[0], "rate") == 0)
		return print_rates();
	for (size_t i = 0; i < MM_COUNT_OF(contests); i++) {
		static struct contest contest;

		if (argc == 1 && strncmp(contests[i].group, argv[0], strlen(argv[0])) != 0)
			continue;
		memset(&contest, 0, sizeof(contest));
		contest.algorithm = contests[i].algorithm;
		contest.with_token = contests[i].with_token;
		if (contest.with_token && !signer_world_has_softhsm())
			fail("there is no SoftHSM here");
		bench_report_group(&report, contests[i].group);
		run_contest(&report, &contest);
	}
	return bench_report_end(&report);
}
