/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looks for the bytes of a mint's private keys where they must not be; for key-secrecy.sh.
 *
 *	key_secrecy search KEYS-FOLDER SEALING-KEY REALM WHERE…
 *		opens every sealed key of the folder, and looks for it in each WHERE: "pid:NUMBER" is a process,
 *		"mintmark:" every process of Mintmark but those of "except:NUMBER" before it, anything else a file or a
 *		folder with all below it. Prints "found in WHERE: WHAT". Exit status 0: nothing, 1: found, 2: failed
 *	key_secrecy plant KEYS-FOLDER SEALING-KEY REALM FILE
 *		writes the keys into FILE, as a control
 *	key_secrecy hold KEYS-FOLDER SEALING-KEY REALM
 *		holds the keys in its memory, says "holding", and aborts at the end of its input, as a control
 *	key_secrecy make ALGORITHM FOLDER
 *		has a real signer make a key, and leaves FOLDER/keys and FOLDER/sealing.key
 *	key_secrecy abort ALGORITHM ROUNDS FOLDER
 *		signs with a real signer, searches FOLDER, the memory of another realm's signer and its own, where it
 *		must be found, and ends it in the middle of its work by a signal that makes cores; ROUNDS times
 *
 * What is looked for: each private number of a key, in the byte order of files and in that of libcrypto's memory, in
 * pieces of 32 bytes; and as base64url and as hex.
 */
#include "daemon/keystore/locked_memory.h"
#include "daemon/keystore/sealed_file.h"
#include "lib/base/array.h"
#include "lib/codec/base64url.h"
#include "test/signer_world.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PIECE 32 /* also the shortest pattern: 40 characters are base64url of 30 bytes */
#define PATTERNS_MAX 1024
#define CHUNK ((size_t)1024 * 1024)

struct pattern {
	char what[32];
	unsigned char bytes[2 * PIECE];
	size_t len;
};

static struct pattern patterns[PATTERNS_MAX];
static size_t pattern_count;

/* A bit for each three bytes that a pattern begins with: nearly all of a memory begins none. */
static unsigned char beginnings[(1 << 24) / 8];
static unsigned found_count;

static void
die(const char *what)
{
	fprintf(stderr, "key_secrecy: %s: %s\n", what, strerror(errno));
	exit(2);
}

/* ---- what is looked for ---- */

static unsigned
beginning_of(const unsigned char *bytes)
{
	return (unsigned)bytes[0] << 16 | (unsigned)bytes[1] << 8 | bytes[2];
}

static void
add_pattern(const char *what, const unsigned char *bytes, size_t len)
{
	struct pattern *pattern = &patterns[pattern_count++];

	if (pattern_count == PATTERNS_MAX || len > sizeof(pattern->bytes))
		die("too many patterns");
	(void)snprintf(pattern->what, sizeof(pattern->what), "%s", what);
	memcpy(pattern->bytes, bytes, len);
	pattern->len = len;
	beginnings[beginning_of(bytes) / 8] |= (unsigned char)(1U << beginning_of(bytes) % 8);
}

static void
add_piece(const char *what, const unsigned char piece[PIECE])
{
	char text[2 * PIECE + 1];
	unsigned char reversed[PIECE];

	add_pattern(what, piece, PIECE);
	for (size_t i = 0; i < PIECE; i++) {
		reversed[i] = piece[PIECE - 1 - i];
		(void)snprintf(text + 2 * i, 3, "%02x", piece[i]);
	}
	add_pattern(what, reversed, PIECE);
	add_pattern(what, (const unsigned char *)text, 2 * PIECE);
	mm_base64url_encode(mm_slice(piece, PIECE - PIECE % 3), text);
	add_pattern(what, (const unsigned char *)text, MM_BASE64URL_ENCODED_LEN(PIECE - PIECE % 3));
}

/* The most and the least significant piece of a big-endian number. */
static void
add_number(const char *what, const unsigned char *number, size_t len)
{
	if (len < PIECE)
		die("a number is too short");
	add_piece(what, number);
	if (len > PIECE)
		add_piece(what, number + len - PIECE);
}

static void
add_rsa(const unsigned char *der, size_t len)
{
	static const char *const names[] = { OSSL_PKEY_PARAM_RSA_D, OSSL_PKEY_PARAM_RSA_FACTOR1,
		OSSL_PKEY_PARAM_RSA_FACTOR2, OSSL_PKEY_PARAM_RSA_EXPONENT1, OSSL_PKEY_PARAM_RSA_EXPONENT2,
		OSSL_PKEY_PARAM_RSA_COEFFICIENT1 };
	EVP_PKEY *key = d2i_PrivateKey(EVP_PKEY_RSA, NULL, &der, (long)len);

	for (size_t i = 0; i < MM_COUNT_OF(names); i++) {
		unsigned char bytes[512];
		BIGNUM *number = NULL;

		if (EVP_PKEY_get_bn_param(key, names[i], &number) != 1)
			die(names[i]);
		add_number(names[i], bytes, (size_t)BN_bn2bin(number, bytes));
		BN_free(number);
	}
	EVP_PKEY_free(key);
}

/* Of Ed25519 who has the digest of the seed can sign, too (RFC 8032 section 5.1.5). */
static void
add_ed25519(const unsigned char *seed)
{
	unsigned char digest[64];

	add_number("seed", seed, 32);
	if (EVP_Digest(seed, 32, digest, NULL, EVP_sha512(), NULL) != 1)
		die("SHA-512");
	digest[0] &= 248;
	digest[31] &= 127;
	digest[31] |= 64;
	add_piece("scalar", digest);
	add_piece("prefix", digest + 32);
}

static void
add_key(enum mm_scheme scheme, const unsigned char *secret, size_t len)
{
	if (scheme == MM_SCHEME_PKCS1 || scheme == MM_SCHEME_PSS)
		add_rsa(secret, len);
	else if (scheme == MM_SCHEME_ED25519)
		add_ed25519(secret);
	else
		add_number("d", secret, len);
}

/* ---- the keys ---- */

static size_t
read_whole(const char *path, void *bytes, size_t max)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd == -1 ? -1 : read(fd, bytes, max);

	if (len < 0)
		die(path);
	close(fd);
	return (size_t)len;
}

static void
take_sealed(const struct sealed_file_seal *seal, const char *path, const char *name, int plant_fd)
{
	unsigned char bytes[SEALED_FILE_LEN_MAX], secret[MM_SIGNING_SECRET_MAX];
	const struct mm_algorithm *algorithm;
	struct mm_signing_key *key = NULL;
	uint8_t thumbprint[MM_DIGEST_LEN];
	const char *fault;
	size_t len;

	if (!keystore_kid_read(mm_slice(name, KEYSTORE_KID_LEN), thumbprint))
		die(name);
	len = read_whole(path, bytes, sizeof(bytes));
	fault = sealed_file_open(seal, thumbprint, mm_slice(bytes, len), &key, &algorithm);
	if (fault != NULL || (len = mm_signing_key_secret(key, secret)) == 0)
		die(fault == NULL ? path : fault);
	add_key(algorithm->scheme, secret, len);
	if (plant_fd != -1 && write(plant_fd, secret, len) != (ssize_t)len)
		die("planting");
	mm_signing_key_free(&key);
}

/* Every key of a folder; also into plant_fd, unless that is -1. */
static void
take_keys(const char *folder, const char *sealing_key, const char *realm, int plant_fd)
{
	struct sealed_file_seal seal = { .realm = "" };
	DIR *stream = opendir(folder);
	const struct dirent *entry;

	(void)snprintf(seal.realm, sizeof(seal.realm), "%s", realm);
	if (stream == NULL || read_whole(sealing_key, seal.key, sizeof(seal.key)) != sizeof(seal.key))
		die(folder);
	while ((entry = readdir(stream)) != NULL) {
		char path[4096];

		(void)snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		if (strstr(entry->d_name, ".sealed") != NULL)
			take_sealed(&seal, path, entry->d_name, plant_fd);
	}
	closedir(stream);
	if (pattern_count == 0)
		die("there is no key to look for");
}

/* ---- looking ---- */

static unsigned
look_at(const char *where, const unsigned char *bytes, size_t len)
{
	unsigned found = 0;

	for (size_t i = 0; i < pattern_count; i++) {
		if (patterns[i].len > len || memcmp(bytes, patterns[i].bytes, patterns[i].len) != 0)
			continue;
		if (where != NULL)
			printf("found in %s: %s\n", where, patterns[i].what);
		found++;
	}
	return found;
}

static unsigned
look_in_bytes(const char *where, const unsigned char *bytes, size_t len)
{
	unsigned found = 0;

	for (size_t at = 0; at + PIECE <= len; at++) {
		unsigned beginning = beginning_of(bytes + at);

		if ((beginnings[beginning / 8] & 1U << beginning % 8) != 0)
			found += look_at(where, bytes + at, len - at);
	}
	return found;
}

/* From an offset on, len bytes; a piece that lies over the edge of two chunks is found in the next. */
static unsigned
look_in_range(const char *where, int fd, off_t at, off_t end)
{
	static unsigned char chunk[CHUNK];
	unsigned found = 0;

	while (at < end) {
		size_t wanted = end - at < (off_t)CHUNK ? (size_t)(end - at) : CHUNK;
		ssize_t len = pread(fd, chunk, wanted, at);

		if (len <= 0)
			break;
		found += look_in_bytes(where, chunk, (size_t)len);
		at += (size_t)len == CHUNK ? (off_t)(CHUNK - 2 * PIECE) : (off_t)len;
	}
	return found;
}

static unsigned
look_in_file(const char *path)
{
	struct stat status;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	unsigned found = 0;

	if (fd == -1)
		return 0;
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode))
		found = look_in_range(path, fd, 0, status.st_size);
	close(fd);
	return found;
}

static unsigned
look_below(const char *path)
{
	DIR *stream = opendir(path);
	const struct dirent *entry;
	unsigned found = 0;

	if (stream == NULL)
		return look_in_file(path);
	while ((entry = readdir(stream)) != NULL) {
		char inner[4096];

		(void)snprintf(inner, sizeof(inner), "%s/%s", path, entry->d_name);
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			found += look_below(inner);
	}
	closedir(stream);
	return found;
}

/* A range of a process's memory, as smaps tells it. */
struct range {
	uint64_t begin, end;
	bool readable;
};

/* Whether a line of smaps begins a range, which may be read. */
static bool
begins_range(const char *line, struct range *range)
{
	char *rest;
	uint64_t begin = strtoull(line, &rest, 16), end;

	if (rest == line || *rest != '-')
		return false;
	end = strtoull(rest + 1, &rest, 16);
	range->begin = begin;
	range->end = end;
	range->readable = rest[0] == ' ' && rest[1] == 'r' && strstr(line, "[vvar") == NULL &&
	    strstr(line, "[vsyscall") == NULL;
	return true;
}

/* Whether a process has ended, so that it has no memory, also where nobody has asked for its status yet. */
static bool
has_ended(long pid)
{
	char path[64], line[512] = "", *name_end;
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
	file = fopen(path, "re");
	if (file != NULL && fgets(line, sizeof(line), file) == NULL)
		line[0] = '\0';
	if (file != NULL)
		fclose(file);
	name_end = strrchr(line, ')');
	return name_end == NULL || strncmp(name_end, ") Z", 3) == 0 || strncmp(name_end, ") X", 3) == 0;
}

/* All that a process has in its memory, which it uses at all: in *ranges so many ranges of it. */
static unsigned
look_in_memory(const char *where, long pid, size_t *ranges)
{
	struct range range = { 0, 0, false };
	char path[64], line[512];
	unsigned found = 0;
	FILE *smaps;
	int mem;

	*ranges = 0;
	(void)snprintf(path, sizeof(path), "/proc/%ld/mem", pid);
	mem = open(path, O_RDONLY | O_CLOEXEC);
	(void)snprintf(path, sizeof(path), "/proc/%ld/smaps", pid);
	smaps = fopen(path, "re");
	while (mem != -1 && smaps != NULL && fgets(line, sizeof(line), smaps) != NULL) {
		bool used = strncmp(line, "Rss:", 4) == 0 || strncmp(line, "Swap:", 5) == 0;

		if (begins_range(line, &range) || !used || !range.readable ||
		    strtoul(strchr(line, ':') + 1, NULL, 10) == 0)
			continue;
		found += look_in_range(where, mem, (off_t)range.begin, (off_t)range.end);
		++*ranges;
		range.readable = false; /* once is enough */
	}
	if (smaps != NULL)
		fclose(smaps);
	if (mem != -1)
		close(mem);
	return found;
}

/*
 * What a process has in its memory; where is NULL: without telling. *looked (may be NULL) is raised, unless the process
 * has ended. One that is ending has given its memory back for a moment before it counts as ended.
 */
static unsigned
look_in_process(const char *where, long pid, unsigned *looked)
{
	static const struct timespec moment = { .tv_nsec = 20 * 1000 * 1000 };
	unsigned found = 0;

	for (unsigned tries = 0; tries < 3000; tries++) {
		size_t ranges;

		found += look_in_memory(where, pid, &ranges);
		if (ranges >= 3) {
			if (looked != NULL)
				++*looked;
			return found;
		}
		if (has_ended(pid))
			return found;
		(void)nanosleep(&moment, NULL);
	}
	die("a process shows no memory");
	return found;
}

static bool
is_mintmarks(long pid)
{
	char path[64], name[32] = "";
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%ld/comm", pid);
	file = fopen(path, "re");
	if (file != NULL && fgets(name, sizeof(name), file) == NULL)
		name[0] = '\0';
	if (file != NULL)
		fclose(file);
	return strncmp(name, "mintmark", strlen("mintmark")) == 0; /* mintmarkd and mintmark-… */
}

#define EXCEPT_MAX 16
static long except[EXCEPT_MAX];
static size_t except_count;

static unsigned
look_in_mintmarks(void)
{
	DIR *stream = opendir("/proc");
	const struct dirent *entry;
	unsigned found = 0, looked = 0;

	while (stream != NULL && (entry = readdir(stream)) != NULL) {
		long pid = strtol(entry->d_name, NULL, 10);
		bool left_out = pid <= 0 || !is_mintmarks(pid);

		for (size_t i = 0; i < except_count; i++)
			left_out = left_out || except[i] == pid;
		if (left_out)
			continue;
		found += look_in_process(entry->d_name, pid, &looked);
	}
	if (stream != NULL)
		closedir(stream);
	printf("looked into %u processes\n", looked);
	return found;
}

static unsigned
look_in(const char *where)
{
	if (strncmp(where, "pid:", 4) == 0)
		return look_in_process(where, strtol(where + 4, NULL, 10), NULL);
	if (strcmp(where, "mintmark:") == 0)
		return look_in_mintmarks();
	if (strncmp(where, "except:", 7) == 0) {
		if (except_count == EXCEPT_MAX)
			die("too many exceptions");
		except[except_count++] = strtol(where + 7, NULL, 10);
		return 0;
	}
	return look_below(where);
}

/* ---- a signer that is ended in the middle of its work ---- */

/* Kilobytes that a process has locked. */
static unsigned long
locked_kb(long pid)
{
	char path[64], line[256];
	unsigned long locked = 0;
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%ld/status", pid);
	file = fopen(path, "re");
	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		if (strncmp(line, "VmLck:", 6) == 0)
			locked = strtoul(line + 6, NULL, 10);
	if (file != NULL)
		fclose(file);
	return locked;
}

static void
keep_signing(struct signer_world *world, const struct signer_world_key *key, unsigned answers)
{
	char input[MM_MINT_SIGNING_INPUT_MAX];
	struct signer_world_token token;
	struct mm_slice signature;
	struct mm_signed answer;
	size_t len;

	signer_world_token(&token);
	len = signer_world_input(&token, key, input);
	for (unsigned i = 0; i < 32; i++)
		(void)signer_world_send(world, &token, key, input, len);
	for (unsigned i = 0; i < answers; i++) {
		if (!signer_world_answer(world, &answer, &signature))
			die("the signer is gone");
		(void)signer_world_send(world, &token, key, input, len);
	}
}

static void
start(struct signer_world *world, struct signer_world_key *key)
{
	world->serial = 0;
	signer_world_start(world);
	if (signer_world_make(world, key) != MM_SIGN_DONE || signer_world_open(world, key->thumbprint) != MM_SIGN_DONE)
		die("a key");
}

static void
abort_once(struct signer_world *world, const struct signer_world *bystander, const char *folder, unsigned round)
{
	static const int signals[] = { SIGABRT, SIGSEGV, SIGQUIT, SIGBUS };
	struct signer_world_key key;
	int status;

	start(world, &key);
	take_keys(world->keys, world->sealing_key, world->realm, -1);
	keep_signing(world, &key, round * 13 % 97);
	/* Only root may look: nobody else can read the memory of a process that is not dumpable. */
	if (geteuid() == 0) {
		if (look_in_process(NULL, world->pid, NULL) == 0)
			die("the key is not found in its signer, so it would be found nowhere");
		found_count += look_in_process("another signer", bystander->pid, NULL);
	}
	if (locked_kb(world->pid) < 4096)
		die("the signer has locked too little");
	status = signer_world_kill(world, signals[round % MM_COUNT_OF(signals)]);
	if (!WIFSIGNALED(status))
		die("the signer was not ended by a signal");
	if (WCOREDUMP(status)) {
		printf("found a core of the signer\n");
		found_count++;
	}
	found_count += look_below(folder);
	found_count += look_below(world->folder);
}

static void
abort_often(const char *algorithm, unsigned rounds, const char *folder)
{
	const struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };
	struct signer_world world, bystander;
	struct signer_world_key other;
	char tail[4096];

	if (setrlimit(RLIMIT_CORE, &unlimited) == -1)
		fprintf(stderr, "key_secrecy: cores stay limited: %s\n", strerror(errno));
	(void)snprintf(tail, sizeof(tail), "%s/signer.log", folder);
	signer_world_init(&bystander, false);
	bystander.realm = "consumer";
	start(&bystander, &other);
	signer_world_init(&world, false);
	world.algorithm = algorithm;
	world.bare = true;
	world.tail = tail;
	for (unsigned round = 0; round < rounds; round++) {
		pattern_count = 0;
		memset(beginnings, 0, sizeof(beginnings));
		abort_once(&world, &bystander, folder, round);
	}
	if (signer_world_stop(&bystander) != 0)
		die("the other signer");
	signer_world_end(&bystander);
	signer_world_end(&world);
	printf("%s: ended %u times, found %u times\n", algorithm, rounds, found_count);
}

/* ---- controls ---- */

static void
make_and_leave(const char *algorithm, const char *folder)
{
	struct signer_world world;
	struct signer_world_key key;
	char path[4096], keys[4096];

	signer_world_init(&world, false);
	world.algorithm = algorithm;
	start(&world, &key);
	if (signer_world_stop(&world) != 0)
		die("the signer");
	(void)snprintf(path, sizeof(path), "%s/sealing.key", folder);
	(void)snprintf(keys, sizeof(keys), "%s/keys", folder);
	if (rename(world.sealing_key, path) == -1 || rename(world.keys, keys) == -1)
		die(folder);
	signer_world_end(&world);
}

static void
hold_and_abort(void)
{
	char byte;

	printf("holding\n");
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	abort();
}

int
main(int argc, char **argv)
{
	const char *command = argc > 1 ? argv[1] : "";
	const char *why;

	if (!locked_memory_open(&why))
		die(why);
	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc == 5 && strcmp(command, "abort") == 0) {
		abort_often(argv[2], (unsigned)strtoul(argv[3], NULL, 10), argv[4]);
	} else if (argc == 4 && strcmp(command, "make") == 0) {
		make_and_leave(argv[2], argv[3]);
	} else if (argc > 5 && strcmp(command, "search") == 0) {
		take_keys(argv[2], argv[3], argv[4], -1);
		for (int i = 5; i < argc; i++)
			found_count += look_in(argv[i]);
	} else if (argc == 6 && strcmp(command, "plant") == 0) {
		int fd = open(argv[5], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

		take_keys(argv[2], argv[3], argv[4], fd);
		return fd == -1 || close(fd) == -1 ? 2 : 0;
	} else if (argc == 5 && strcmp(command, "hold") == 0) {
		take_keys(argv[2], argv[3], argv[4], -1);
		hold_and_abort();
	} else {
		fprintf(stderr, "usage: key_secrecy search|plant|hold|abort …\n");
		return 2;
	}
	return found_count > 0;
}
