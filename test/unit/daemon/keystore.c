/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stores of keys keep their contract: a folder of sealed files, and a token of SoftHSM where that is installed. The
 * same tests for both, then what only one of them can get wrong.
 */
#include "daemon/keystore/locked_memory.h"
#include "daemon/keystore/pkcs11_object.h"
#include "daemon/keystore/pkcs11_store.h"
#include "daemon/keystore/sealed_store.h"
#include "lib/base/array.h"
#include "lib/crypto/digest.h"
#include "lib/jose/jwk.h"

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define PIN "1234"
#define SO_PIN "123456"
#define LABEL "a test's token"
#define INPUT mm_slice_str("eyJ0eXAiOiJhdCtqd3QifQ.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIn0")

static const char *const algorithms[] = { "RS256", "PS256", "ES256", "EdDSA" };

static struct keystore_trouble trouble;

/* ---- two worlds ---- */

struct world {
	char path[64];
	int folder_fd;
	struct keystore *store;
	const char *module; /* NULL: sealed files */
	char pin_path[96];
	struct sealed_file_seal seal;
};

static const char *
find_softhsm(void)
{
	static const char *const places[] = { "/usr/lib/softhsm/libsofthsm2.so",
		"/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so", "/usr/lib64/softhsm/libsofthsm2.so",
		"/usr/lib64/pkcs11/libsofthsm2.so" };

	for (size_t i = 0; i < MM_COUNT_OF(places); i++)
		if (access(places[i], R_OK) == 0)
			return places[i];
	return NULL;
}

static void
write_text(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void
make_folder(struct world *world)
{
	(void)snprintf(world->path, sizeof(world->path), "/tmp/mm-keystore-XXXXXX");
	assert_non_null(mkdtemp(world->path));
	assert_int_not_equal(world->folder_fd = open(world->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), -1);
}

static void
remove_below(const char *path)
{
	DIR *stream = opendir(path);
	const struct dirent *entry;

	assert_non_null(stream);
	while ((entry = readdir(stream)) != NULL) {
		char inner[512];

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		(void)snprintf(inner, sizeof(inner), "%s/%s", path, entry->d_name);
		if (entry->d_type == DT_DIR)
			remove_below(inner);
		else
			assert_int_equal(unlink(inner), 0);
	}
	closedir(stream);
	assert_int_equal(rmdir(path), 0);
}

/* The store over what the world's folder holds. */
static void
open_store(struct world *world)
{
	if (world->module == NULL)
		world->store = sealed_store_new(world->folder_fd, &world->seal, &trouble);
	else
		world->store = pkcs11_store_new(world->module, LABEL, open(world->pin_path, O_RDONLY | O_CLOEXEC),
		    world->seal.realm, &trouble);
	if (world->store == NULL)
		fail_msg("%s", trouble.text);
	if (world->store->ops->state(world->store, &trouble) != KEYSTORE_DONE)
		fail_msg("%s", trouble.text);
}

static void
sealed_world(struct world *world)
{
	memset(world, 0, sizeof(*world));
	memset(world->seal.key, 7, sizeof(world->seal.key));
	(void)snprintf(world->seal.realm, sizeof(world->seal.realm), "enterprise");
	make_folder(world);
}

/* An initialized token in a folder of its own. */
static void
make_token(const struct world *world)
{
	CK_UTF8CHAR so_pin[] = SO_PIN, pin[] = PIN, label[PKCS11_LABEL_LEN];
	void *handle = dlopen(world->module, RTLD_NOW);
	CK_C_GetFunctionList get_list;
	CK_SLOT_ID slots[8];
	CK_ULONG count = MM_COUNT_OF(slots);
	CK_SESSION_HANDLE session;
	CK_FUNCTION_LIST *calls;

	memset(label, ' ', sizeof(label));
	memcpy(label, LABEL, strlen(LABEL));
	assert_non_null(handle);
	*(void **)&get_list = dlsym(handle, "C_GetFunctionList");
	assert_int_equal(get_list(&calls), CKR_OK);
	assert_int_equal(calls->C_Initialize(NULL), CKR_OK);
	assert_int_equal(calls->C_GetSlotList(CK_FALSE, slots, &count), CKR_OK);
	assert_int_equal(count, 1);
	assert_int_equal(calls->C_InitToken(slots[0], so_pin, strlen(SO_PIN), label), CKR_OK);
	count = MM_COUNT_OF(slots);
	assert_int_equal(calls->C_GetSlotList(CK_TRUE, slots, &count), CKR_OK);
	assert_int_equal(calls->C_OpenSession(slots[0], CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session),
	    CKR_OK);
	assert_int_equal(calls->C_Login(session, CKU_SO, so_pin, strlen(SO_PIN)), CKR_OK);
	assert_int_equal(calls->C_InitPIN(session, pin, strlen(PIN)), CKR_OK);
	assert_int_equal(calls->C_Finalize(NULL), CKR_OK);
}

/* false: there is no SoftHSM here. */
static bool
token_world(struct world *world)
{
	char text[256], path[96];

	sealed_world(world);
	world->module = find_softhsm();
	if (world->module == NULL)
		return false;
	(void)snprintf(path, sizeof(path), "%s/tokens", world->path);
	assert_int_equal(mkdir(path, 0700), 0);
	(void)snprintf(text, sizeof(text),
	    "directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n", path);
	(void)snprintf(path, sizeof(path), "%s/softhsm2.conf", world->path);
	write_text(path, text);
	assert_int_equal(setenv("SOFTHSM2_CONF", path, 1), 0);
	(void)snprintf(world->pin_path, sizeof(world->pin_path), "%s/pin", world->path);
	write_text(world->pin_path, PIN "\n");
	make_token(world);
	return true;
}

static void
end_world(struct world *world)
{
	if (world->store != NULL)
		world->store->ops->free(&world->store);
	close(world->folder_fd);
	remove_below(world->path);
}

/* ---- what both must do ---- */

static bool
holds(const struct keystore_public *made, const struct mm_algorithm *algorithm, struct mm_slice signature)
{
	const struct mm_json_value text = { mm_slice(made->jwk, made->jwk_len), MM_JSON_OBJECT, false };
	struct mm_verifier *verifier = mm_verifier_new();
	struct mm_public_key *key = NULL;
	struct mm_scratch scratch;
	struct mm_jwk jwk;
	char room[8192];
	bool held;

	mm_scratch_init(&scratch, room, sizeof(room));
	assert_int_equal(mm_jwk_parse(text, &scratch, &jwk), MM_JWK_GOOD);
	assert_memory_equal(jwk.thumbprint, made->thumbprint, MM_DIGEST_LEN);
	assert_int_equal(mm_public_key_new(&jwk.material, algorithm->scheme, algorithm->hash, &key), MM_KEY_GOOD);
	held = mm_public_key_verify(key, verifier, INPUT, signature) == MM_OK;
	mm_public_key_free(&key);
	mm_verifier_free(&verifier);
	return held;
}

struct looked_for {
	const uint8_t *thumbprint;
	unsigned count, found;
};

static void
look(void *context, const uint8_t thumbprint[MM_DIGEST_LEN])
{
	struct looked_for *looked_for = context;

	looked_for->count++;
	looked_for->found += memcmp(thumbprint, looked_for->thumbprint, MM_DIGEST_LEN) == 0;
}

static void
assert_listed(struct keystore *store, const uint8_t *thumbprint, unsigned found, unsigned count)
{
	struct looked_for looked_for = { thumbprint, 0, 0 };

	assert_int_equal(store->ops->list(store, look, &looked_for, &trouble), KEYSTORE_DONE);
	assert_int_equal(looked_for.found, found);
	assert_int_equal(looked_for.count, count);
}

static void
make(struct world *world, const char *alg, struct keystore_public *made)
{
	const struct mm_algorithm *algorithm = mm_algorithm_find(mm_slice_str(alg));

	if (world->store->ops->make(world->store, algorithm, made, &trouble) != KEYSTORE_DONE)
		fail_msg("%s: %s", alg, trouble.text);
}

/* Open, sign as each of the threads, close. */
static void
assert_signs(struct keystore *store, const struct keystore_public *made, const char *alg)
{
	struct keystore_key *key = NULL;

	assert_int_equal(store->ops->open(store, made->thumbprint, &key, &trouble), KEYSTORE_DONE);
	assert_string_equal(key->algorithm->name, alg);
	assert_memory_equal(key->thumbprint, made->thumbprint, MM_DIGEST_LEN);
	for (unsigned thread = 0; thread < KEYSTORE_THREADS_MAX; thread++) {
		unsigned char signature[KEYSTORE_SIGNATURE_MAX];
		size_t len = 0;

		assert_int_equal(store->ops->sign(store, key, thread, INPUT, signature, &len, &trouble), KEYSTORE_DONE);
		assert_true(holds(made, key->algorithm, mm_slice(signature, len)));
	}
	store->ops->close(store, &key);
	assert_null(key);
}

static void
a_key_lives_from_make_to_forget(struct world *world, const char *alg)
{
	struct keystore_key *key = NULL;
	struct keystore_public made;

	open_store(world);
	make(world, alg, &made);
	assert_listed(world->store, made.thumbprint, 1, 1);
	assert_signs(world->store, &made, alg);
	world->store->ops->free(&world->store);
	open_store(world);
	assert_signs(world->store, &made, alg);
	assert_int_equal(world->store->ops->forget(world->store, made.thumbprint, &trouble), KEYSTORE_DONE);
	assert_listed(world->store, made.thumbprint, 0, 0);
	assert_int_equal(world->store->ops->open(world->store, made.thumbprint, &key, &trouble), KEYSTORE_NO_KEY);
	assert_null(key);
	assert_int_equal(world->store->ops->forget(world->store, made.thumbprint, &trouble), KEYSTORE_DONE);
	world->store->ops->free(&world->store);
}

static void
sealed_keys_live_from_make_to_forget(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(algorithms); i++) {
		struct world world;

		sealed_world(&world);
		a_key_lives_from_make_to_forget(&world, algorithms[i]);
		end_world(&world);
	}
}

static void
keys_in_a_token_live_from_make_to_forget(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(algorithms); i++) {
		struct world world;

		if (!token_world(&world)) {
			end_world(&world);
			print_message("there is no SoftHSM here\n");
			skip();
		}
		a_key_lives_from_make_to_forget(&world, algorithms[i]);
		end_world(&world);
	}
}

/* ---- sealed files ---- */

static size_t
read_file(const struct world *world, const char *name, unsigned char bytes[SEALED_FILE_LEN_MAX])
{
	int fd = openat(world->folder_fd, name, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd == -1 ? -1 : read(fd, bytes, SEALED_FILE_LEN_MAX);

	assert_true(len > 0);
	close(fd);
	return (size_t)len;
}

static void
write_file(const struct world *world, const char *name, const unsigned char *bytes, size_t len)
{
	int fd = openat(world->folder_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_int_not_equal(fd, -1);
	assert_int_equal(write(fd, bytes, len), len);
	close(fd);
}

static void
name_of(const struct keystore_public *made, const char *suffix, char name[64])
{
	char kid[KEYSTORE_KID_LEN + 1];

	keystore_kid(made->thumbprint, kid);
	(void)snprintf(name, 64, "%s%s", kid, suffix);
}

static void
assert_damaged(const struct world *world, const struct keystore_public *made, const char *name)
{
	struct keystore_key *key = NULL;

	trouble.text[0] = '\0';
	assert_int_equal(world->store->ops->open(world->store, made->thumbprint, &key, &trouble), KEYSTORE_DAMAGED);
	assert_null(key);
	assert_non_null(strstr(trouble.text, name)); /* the file is named */
}

static void
a_damaged_file_is_named_and_not_opened(void **state)
{
	unsigned char bytes[SEALED_FILE_LEN_MAX + 1];
	struct keystore_public made;
	struct world world;
	char name[64];
	size_t len;

	(void)state;
	sealed_world(&world);
	open_store(&world);
	make(&world, "ES256", &made);
	name_of(&made, ".sealed", name);
	len = read_file(&world, name, bytes);
	for (size_t at = 0; at < len; at++) {
		bytes[at] ^= 1;
		write_file(&world, name, bytes, len);
		assert_damaged(&world, &made, name);
		bytes[at] ^= 1;
	}
	for (size_t cut = 0; cut < len; cut += 7) {
		write_file(&world, name, bytes, cut);
		assert_damaged(&world, &made, name);
	}
	bytes[len] = 0;
	write_file(&world, name, bytes, len + 1);
	assert_damaged(&world, &made, name);
	write_file(&world, name, bytes, len);
	assert_signs(world.store, &made, "ES256");
	end_world(&world);
}

static void
another_keys_file_is_not_opened(void **state)
{
	unsigned char bytes[SEALED_FILE_LEN_MAX];
	struct keystore_public one, other;
	char one_name[64], other_name[64];
	struct world world;
	size_t len;

	(void)state;
	sealed_world(&world);
	open_store(&world);
	make(&world, "EdDSA", &one);
	make(&world, "EdDSA", &other);
	name_of(&one, ".sealed", one_name);
	name_of(&other, ".sealed", other_name);
	len = read_file(&world, other_name, bytes);
	write_file(&world, one_name, bytes, len);
	assert_damaged(&world, &one, one_name);
	assert_signs(world.store, &other, "EdDSA");
	/* Nor by another realm, nor with another sealing key. */
	world.store->ops->free(&world.store);
	world.seal.realm[0] = 'x';
	open_store(&world);
	assert_damaged(&world, &other, other_name);
	world.store->ops->free(&world.store);
	world.seal.realm[0] = 'e';
	world.seal.key[31] ^= 1;
	open_store(&world);
	assert_damaged(&world, &other, other_name);
	end_world(&world);
}

static void
half_a_file_is_removed_when_the_store_begins(void **state)
{
	unsigned char bytes[SEALED_FILE_LEN_MAX];
	struct keystore_key *key = NULL;
	struct keystore_public made;
	char name[64], new_name[64];
	struct world world;
	size_t len;

	(void)state;
	sealed_world(&world);
	open_store(&world);
	make(&world, "ES256", &made);
	name_of(&made, ".sealed", name);
	name_of(&made, ".new", new_name);
	len = read_file(&world, name, bytes);
	assert_int_equal(unlinkat(world.folder_fd, name, 0), 0);
	write_file(&world, new_name, bytes, len); /* whole, and yet nobody was told of it */
	assert_listed(world.store, made.thumbprint, 0, 0);
	assert_int_equal(world.store->ops->open(world.store, made.thumbprint, &key, &trouble), KEYSTORE_NO_KEY);
	world.store->ops->free(&world.store);
	open_store(&world);
	assert_int_equal(faccessat(world.folder_fd, new_name, F_OK, 0), -1);
	end_world(&world);
}

static void
nothing_of_a_key_stands_in_the_open(void **state)
{
	unsigned char bytes[SEALED_FILE_LEN_MAX], secret[MM_SIGNING_SECRET_MAX];
	const struct mm_algorithm *algorithm;
	struct mm_signing_key *key = NULL;
	struct keystore_public made;
	struct world world;
	size_t len, secret_len;
	char name[64];

	(void)state;
	sealed_world(&world);
	open_store(&world);
	make(&world, "ES256", &made);
	name_of(&made, ".sealed", name);
	len = read_file(&world, name, bytes);
	assert_null(sealed_file_open(&world.seal, made.thumbprint, mm_slice(bytes, len), &key, &algorithm));
	secret_len = mm_signing_key_secret(key, secret);
	assert_int_equal(secret_len, 32);
	assert_null(memmem(bytes, len, secret, 8));
	assert_non_null(memmem(bytes, len, made.jwk, made.jwk_len));
	mm_signing_key_free(&key);
	end_world(&world);
}

static void
a_store_without_a_folder_fails_in_words(void **state)
{
	struct world world;
	int null;

	(void)state;
	sealed_world(&world);
	assert_int_not_equal(null = open("/dev/null", O_RDONLY | O_CLOEXEC), -1);
	trouble.text[0] = '\0';
	assert_null(sealed_store_new(null, &world.seal, &trouble));
	assert_int_not_equal(trouble.text[0], '\0');
	close(null);
	end_world(&world);
}

/* ---- the token ---- */

/* The calls of the store's own module: it is loaded once. */
static CK_FUNCTION_LIST *
calls_of(const struct world *world)
{
	CK_C_GetFunctionList get_list;
	CK_FUNCTION_LIST *calls;

	*(void **)&get_list = dlsym(dlopen(world->module, RTLD_NOW), "C_GetFunctionList");
	assert_int_equal(get_list(&calls), CKR_OK);
	return calls;
}

static CK_SESSION_HANDLE
log_in(CK_FUNCTION_LIST *calls)
{
	CK_UTF8CHAR pin[] = PIN;
	CK_SLOT_ID slots[8];
	CK_ULONG count = MM_COUNT_OF(slots);
	CK_SESSION_HANDLE session;
	CK_RV logged_in;

	assert_int_equal(calls->C_GetSlotList(CK_TRUE, slots, &count), CKR_OK);
	assert_int_equal(calls->C_OpenSession(slots[0], CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session),
	    CKR_OK);
	logged_in = calls->C_Login(session, CKU_USER, pin, strlen(PIN));
	assert_true(logged_in == CKR_OK || logged_in == CKR_USER_ALREADY_LOGGED_IN);
	return session;
}

static CK_OBJECT_HANDLE
find_private(CK_FUNCTION_LIST *calls, CK_SESSION_HANDLE session)
{
	CK_OBJECT_CLASS private_class = CKO_PRIVATE_KEY;
	CK_ATTRIBUTE like = { CKA_CLASS, &private_class, sizeof(private_class) };
	CK_OBJECT_HANDLE object;
	CK_ULONG count;

	assert_int_equal(calls->C_FindObjectsInit(session, &like, 1), CKR_OK);
	assert_int_equal(calls->C_FindObjects(session, &object, 1, &count), CKR_OK);
	assert_int_equal(calls->C_FindObjectsFinal(session), CKR_OK);
	assert_int_equal(count, 1);
	return object;
}

static void
a_key_in_a_token_cannot_be_taken_out(void **state)
{
	static const CK_ATTRIBUTE_TYPE secrets[] = { CKA_VALUE, CKA_PRIVATE_EXPONENT, CKA_PRIME_1, CKA_PRIME_2 };
	static const struct {
		CK_ATTRIBUTE_TYPE type;
		CK_BBOOL value;
	} promises[] = {
		{ CKA_SENSITIVE, CK_TRUE }, { CKA_ALWAYS_SENSITIVE, CK_TRUE }, { CKA_EXTRACTABLE, CK_FALSE },
		{ CKA_NEVER_EXTRACTABLE, CK_TRUE }, { CKA_LOCAL, CK_TRUE }, { CKA_PRIVATE, CK_TRUE },
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(algorithms); i++) {
		struct keystore_public made;
		CK_SESSION_HANDLE session;
		CK_OBJECT_HANDLE object;
		CK_FUNCTION_LIST *calls;
		struct world world;
		unsigned refused = 0;

		if (!token_world(&world)) {
			end_world(&world);
			skip();
		}
		open_store(&world);
		make(&world, algorithms[i], &made);
		calls = calls_of(&world);
		session = log_in(calls);
		object = find_private(calls, session);
		for (size_t j = 0; j < MM_COUNT_OF(secrets); j++) {
			unsigned char value[512];
			CK_ATTRIBUTE attribute = { secrets[j], value, sizeof(value) };
			CK_RV read = calls->C_GetAttributeValue(session, object, &attribute, 1);

			assert_int_not_equal(read, CKR_OK);
			refused += read == CKR_ATTRIBUTE_SENSITIVE;
		}
		assert_true(refused >= 1);
		for (size_t j = 0; j < MM_COUNT_OF(promises); j++) {
			CK_BBOOL value = !promises[j].value;
			CK_ATTRIBUTE attribute = { promises[j].type, &value, sizeof(value) };

			assert_int_equal(calls->C_GetAttributeValue(session, object, &attribute, 1), CKR_OK);
			assert_int_equal(value, promises[j].value);
		}
		end_world(&world);
	}
}

/* Somebody who may write into the token puts a key there that he knows. */
static void
a_key_that_can_be_taken_out_is_not_opened(void **state)
{
	static const unsigned char oid[] = { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 };
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	char label[PKCS11_LABEL_MAX];
	uint8_t id[MM_DIGEST_LEN] = { 1 };
	CK_MECHANISM mechanism = { CKM_EC_KEY_PAIR_GEN, NULL, 0 };
	CK_ATTRIBUTE public_like[] = {
		{ CKA_EC_PARAMS, (void *)(uintptr_t)oid, sizeof(oid) },
		{ CKA_ID, id, sizeof(id) },
		{ CKA_TOKEN, &yes, sizeof(yes) },
	};
	CK_ATTRIBUTE private_like[] = {
		{ CKA_ID, id, sizeof(id) },
		{ CKA_LABEL, label, 0 },
		{ CKA_TOKEN, &yes, sizeof(yes) },
		{ CKA_SENSITIVE, &no, sizeof(no) },
		{ CKA_EXTRACTABLE, &yes, sizeof(yes) },
	};
	CK_OBJECT_HANDLE public_key, private_key;
	struct keystore_key *key = NULL;
	CK_FUNCTION_LIST *calls;
	struct world world;

	(void)state;
	if (!token_world(&world)) {
		end_world(&world);
		skip();
	}
	open_store(&world);
	calls = calls_of(&world);
	pkcs11_object_label(world.seal.realm, "ES256", label);
	private_like[1].ulValueLen = strlen(label);
	assert_int_equal(calls->C_GenerateKeyPair(log_in(calls), &mechanism, public_like, MM_COUNT_OF(public_like),
	                     private_like, MM_COUNT_OF(private_like), &public_key, &private_key), CKR_OK);
	assert_int_equal(world.store->ops->open(world.store, id, &key, &trouble), KEYSTORE_DAMAGED);
	assert_non_null(strstr(trouble.text, "taken out"));
	/* One that cannot, but is not the key that its name says. */
	private_like[3].pValue = &yes;
	private_like[4].pValue = &no;
	id[0] = 2;
	assert_int_equal(calls->C_GenerateKeyPair(log_in(calls), &mechanism, public_like, MM_COUNT_OF(public_like),
	                     private_like, MM_COUNT_OF(private_like), &public_key, &private_key), CKR_OK);
	assert_int_equal(world.store->ops->open(world.store, id, &key, &trouble), KEYSTORE_DAMAGED);
	assert_non_null(strstr(trouble.text, "another one"));
	assert_null(key);
	end_world(&world);
}

static void
what_was_being_made_is_destroyed_when_the_store_begins(void **state)
{
	struct keystore_public made;
	char label[PKCS11_LABEL_MAX];
	CK_SESSION_HANDLE session;
	CK_FUNCTION_LIST *calls;
	struct world world;
	CK_ATTRIBUTE name = { CKA_LABEL, label, 0 };

	(void)state;
	if (!token_world(&world)) {
		end_world(&world);
		skip();
	}
	open_store(&world);
	make(&world, "ES256", &made);
	calls = calls_of(&world);
	session = log_in(calls);
	pkcs11_object_label(world.seal.realm, "making", label);
	name.ulValueLen = strlen(label);
	assert_int_equal(calls->C_SetAttributeValue(session, find_private(calls, session), &name, 1), CKR_OK);
	world.store->ops->free(&world.store);
	open_store(&world);
	assert_listed(world.store, made.thumbprint, 0, 0);
	world.store->ops->free(&world.store);
	end_world(&world);
}

static void
a_token_goes_away_and_comes_back(void **state)
{
	char here[96], away[96];
	unsigned char signature[KEYSTORE_SIGNATURE_MAX];
	struct keystore_key *key = NULL;
	struct keystore_public made, second;
	struct keystore *store;
	struct world world;
	size_t len = 0;

	(void)state;
	if (!token_world(&world)) {
		end_world(&world);
		skip();
	}
	(void)snprintf(here, sizeof(here), "%s/tokens", world.path);
	(void)snprintf(away, sizeof(away), "%s/away", world.path);
	open_store(&world);
	store = world.store;
	make(&world, "ES256", &made);
	assert_int_equal(store->ops->open(store, made.thumbprint, &key, &trouble), KEYSTORE_DONE);
	assert_int_equal(store->ops->sign(store, key, 0, INPUT, signature, &len, &trouble), KEYSTORE_DONE);
	assert_int_equal(rename(here, away), 0);
	trouble.text[0] = '\0';
	/* By a thread that has not used it yet: it finds no key. */
	assert_int_equal(store->ops->sign(store, key, 1, INPUT, signature, &len, &trouble), KEYSTORE_AWAY);
	assert_non_null(strstr(trouble.text, LABEL));
	assert_int_equal(store->ops->state(store, &trouble), KEYSTORE_AWAY);
	for (unsigned thread = 0; thread < KEYSTORE_THREADS_MAX; thread++)
		assert_int_equal(store->ops->sign(store, key, thread, INPUT, signature, &len, &trouble), KEYSTORE_AWAY);
	assert_int_equal(store->ops->make(store, key->algorithm, &second, &trouble), KEYSTORE_AWAY);
	assert_int_equal(store->ops->forget(store, made.thumbprint, &trouble), KEYSTORE_AWAY);
	assert_int_equal(rename(away, here), 0);
	assert_int_equal(store->ops->state(store, &trouble), KEYSTORE_DONE);
	/* The same key, still open. */
	assert_int_equal(store->ops->sign(store, key, 0, INPUT, signature, &len, &trouble), KEYSTORE_DONE);
	assert_true(holds(&made, key->algorithm, mm_slice(signature, len)));
	/* One that is destroyed while it is open counts as away until the token was reached anew, and then as gone. */
	assert_int_equal(store->ops->forget(store, made.thumbprint, &trouble), KEYSTORE_DONE);
	assert_int_equal(store->ops->sign(store, key, 2, INPUT, signature, &len, &trouble), KEYSTORE_AWAY);
	assert_int_equal(store->ops->state(store, &trouble), KEYSTORE_DONE);
	assert_int_equal(store->ops->sign(store, key, 2, INPUT, signature, &len, &trouble), KEYSTORE_NO_KEY);
	assert_int_equal(store->ops->sign(store, key, 3, INPUT, signature, &len, &trouble), KEYSTORE_NO_KEY);
	assert_int_equal(store->ops->state(store, &trouble), KEYSTORE_DONE);
	store->ops->close(store, &key);
	end_world(&world);
}

static void
a_wrong_pin_is_tried_once(void **state)
{
	struct world world;

	(void)state;
	if (!token_world(&world)) {
		end_world(&world);
		skip();
	}
	write_text(world.pin_path, "4321\n");
	world.store = pkcs11_store_new(world.module, LABEL, open(world.pin_path, O_RDONLY | O_CLOEXEC), "enterprise",
	    &trouble);
	assert_non_null(world.store);
	assert_int_equal(world.store->ops->state(world.store, &trouble), KEYSTORE_AWAY);
	assert_non_null(strstr(trouble.text, "PIN"));
	write_text(world.pin_path, PIN);
	assert_int_equal(world.store->ops->state(world.store, &trouble), KEYSTORE_AWAY);
	assert_null(strstr(trouble.text, "4321"));
	world.store->ops->free(&world.store);
	open_store(&world); /* a restart does it */
	end_world(&world);
}

static void
a_token_that_is_not_there_is_away(void **state)
{
	struct world world;

	(void)state;
	if (!token_world(&world)) {
		end_world(&world);
		skip();
	}
	world.store = pkcs11_store_new(world.module, "another", open(world.pin_path, O_RDONLY | O_CLOEXEC),
	    "enterprise", &trouble);
	assert_non_null(world.store);
	assert_int_equal(world.store->ops->state(world.store, &trouble), KEYSTORE_AWAY);
	assert_non_null(strstr(trouble.text, "no token 'another'"));
	end_world(&world);
}

static void
what_is_no_module_is_refused_in_words(void **state)
{
	static const struct {
		const char *module, *label;
	} wrong[] = {
		{ "/nonexistent/module.so", "token" },
		{ "/etc/passwd", "token" },
		{ "libc.so.6", "token" },
		{ "libc.so.6", "" },
		{ "libc.so.6", "a label of more than thirty-two bytes" },
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(wrong); i++) {
		trouble.text[0] = '\0';
		assert_null(pkcs11_store_new(wrong[i].module, wrong[i].label, open("/dev/null", O_RDONLY | O_CLOEXEC),
		    "enterprise", &trouble));
		assert_int_not_equal(trouble.text[0], '\0');
	}
}

/* ---- locked memory ---- */

static void
locked_memory_begins_with_zeroes_and_ends(void **state)
{
	unsigned char *blocks[8];
	unsigned taken = 0;

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(blocks); i++) {
		size_t size = (size_t)16 << i;

		blocks[i] = locked_memory_take(size);
		assert_non_null(blocks[i]);
		for (size_t at = 0; at < size; at++)
			assert_int_equal(blocks[i][at], 0);
		memset(blocks[i], 0xa5, size);
	}
	for (size_t i = 0; i < MM_COUNT_OF(blocks); i++)
		locked_memory_give_back(blocks[i]);
	/* The same ones come back, and nothing of what was in them. */
	for (unsigned round = 0; round < 20000; round++) {
		size_t size = (size_t)16 << round % MM_COUNT_OF(blocks);
		unsigned char *block = locked_memory_take(size);

		assert_non_null(block);
		assert_true(block[0] == 0 && block[size - 1] == 0);
		memset(block, 0xa5, size);
		locked_memory_give_back(block);
	}
	assert_null(locked_memory_take(0));
	assert_null(locked_memory_take(SIZE_MAX));
	while (taken < 64 && locked_memory_take(900000) != NULL) /* until there is no more */
		taken++;
	assert_true(taken < 64);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sealed_keys_live_from_make_to_forget),
		cmocka_unit_test(keys_in_a_token_live_from_make_to_forget),
		cmocka_unit_test(a_damaged_file_is_named_and_not_opened),
		cmocka_unit_test(another_keys_file_is_not_opened),
		cmocka_unit_test(half_a_file_is_removed_when_the_store_begins),
		cmocka_unit_test(nothing_of_a_key_stands_in_the_open),
		cmocka_unit_test(a_store_without_a_folder_fails_in_words),
		cmocka_unit_test(a_key_in_a_token_cannot_be_taken_out),
		cmocka_unit_test(a_key_that_can_be_taken_out_is_not_opened),
		cmocka_unit_test(what_was_being_made_is_destroyed_when_the_store_begins),
		cmocka_unit_test(a_token_goes_away_and_comes_back),
		cmocka_unit_test(a_wrong_pin_is_tried_once),
		cmocka_unit_test(a_token_that_is_not_there_is_away),
		cmocka_unit_test(what_is_no_module_is_refused_in_words),
		cmocka_unit_test(locked_memory_begins_with_zeroes_and_ends),
	};
	const char *why;

	if (!locked_memory_open(&why)) {
		print_message("%s\n", why);
		return 1;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
