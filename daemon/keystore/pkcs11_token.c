/* SPDX-License-Identifier: Apache-2.0 */
/* A token that is reached by a PKCS #11 module (PKCS #11 Cryptographic Token Interface Base Specification 2.40). */
#include "daemon/keystore/pkcs11_token.h"

#include "daemon/keystore/locked_memory.h"
#include "engine/file.h"
#include "lib/base/array.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SLOTS_MAX 64
#define PIN_LEN_MAX 255

/* How long a thread that hangs in the module is waited for, before the token counts as away further on. */
#define LOCK_WAIT_S 1

/* ---- failures ---- */

static const struct {
	CK_RV failure;
	const char *name;
	bool away; /* another session may do better: the token, its sessions or its objects are not there */
} failures[] = {
	{ CKR_GENERAL_ERROR, "CKR_GENERAL_ERROR", true }, /* what SoftHSM says where its files are gone */
	{ CKR_FUNCTION_FAILED, "CKR_FUNCTION_FAILED", true },
	{ CKR_DEVICE_ERROR, "CKR_DEVICE_ERROR", true },
	{ CKR_DEVICE_REMOVED, "CKR_DEVICE_REMOVED", true },
	{ CKR_DEVICE_MEMORY, "CKR_DEVICE_MEMORY", false },
	{ CKR_HOST_MEMORY, "CKR_HOST_MEMORY", false },
	{ CKR_KEY_HANDLE_INVALID, "CKR_KEY_HANDLE_INVALID", true },
	{ CKR_OBJECT_HANDLE_INVALID, "CKR_OBJECT_HANDLE_INVALID", true },
	{ CKR_SESSION_CLOSED, "CKR_SESSION_CLOSED", true },
	{ CKR_SESSION_HANDLE_INVALID, "CKR_SESSION_HANDLE_INVALID", true },
	{ CKR_SLOT_ID_INVALID, "CKR_SLOT_ID_INVALID", true },
	{ CKR_TOKEN_NOT_PRESENT, "CKR_TOKEN_NOT_PRESENT", true },
	{ CKR_TOKEN_NOT_RECOGNIZED, "CKR_TOKEN_NOT_RECOGNIZED", true },
	{ CKR_USER_NOT_LOGGED_IN, "CKR_USER_NOT_LOGGED_IN", true },
	{ CKR_CRYPTOKI_NOT_INITIALIZED, "CKR_CRYPTOKI_NOT_INITIALIZED", true },
	{ CKR_PIN_INCORRECT, "CKR_PIN_INCORRECT", false },
	{ CKR_PIN_LOCKED, "CKR_PIN_LOCKED", false },
	{ CKR_PIN_INVALID, "CKR_PIN_INVALID", false },
	{ CKR_PIN_LEN_RANGE, "CKR_PIN_LEN_RANGE", false },
	{ CKR_PIN_EXPIRED, "CKR_PIN_EXPIRED", false },
	{ CKR_MECHANISM_INVALID, "CKR_MECHANISM_INVALID", false },
	{ CKR_TOKEN_WRITE_PROTECTED, "CKR_TOKEN_WRITE_PROTECTED", false },
	{ CKR_FUNCTION_NOT_SUPPORTED, "CKR_FUNCTION_NOT_SUPPORTED", false },
	{ CKR_TEMPLATE_INCONSISTENT, "CKR_TEMPLATE_INCONSISTENT", false },
};

enum keystore_result
pkcs11_token_failed(struct pkcs11_token *token, const char *doing, CK_RV failure, struct keystore_trouble *trouble)
{
	for (size_t i = 0; i < MM_COUNT_OF(failures); i++) {
		if (failures[i].failure != failure)
			continue;
		if (failures[i].away)
			atomic_store(&token->away, true);
		return keystore_trouble(trouble, failures[i].away ? KEYSTORE_AWAY : KEYSTORE_FAILED,
		    "the token '%s': %s: %s", token->label, doing, failures[i].name);
	}
	return keystore_trouble(trouble, KEYSTORE_FAILED, "the token '%s': %s: failure 0x%lx", token->label, doing,
	    failure);
}

/* ---- loading ---- */

const char *
pkcs11_token_load(struct pkcs11_token *token, const char *module, const char *label, int pin_fd,
    struct keystore_trouble *trouble)
{
	CK_C_GetFunctionList get_list;
	void *handle;

	memset(token, 0, sizeof(*token));
	token->pin_fd = pin_fd;
	(void)snprintf(token->label, sizeof(token->label), "%s", label);
	pthread_rwlock_init(&token->lock, NULL);
	if (strlen(label) > PKCS11_LABEL_LEN || *label == '\0') {
		(void)keystore_trouble(trouble, KEYSTORE_FAILED, "a token's label has 1 to 32 bytes");
		return trouble->text;
	}
	handle = dlopen(module, RTLD_NOW | RTLD_LOCAL);
	if (handle == NULL) {
		(void)keystore_trouble(trouble, KEYSTORE_FAILED, "the PKCS #11 module: %s", dlerror());
		return trouble->text;
	}
	/* A pointer to a function out of dlsym(3), as POSIX has it. */
	*(void **)&get_list = dlsym(handle, "C_GetFunctionList");
	if (get_list == NULL || get_list(&token->calls) != CKR_OK || token->calls == NULL) {
		(void)keystore_trouble(trouble, KEYSTORE_FAILED, "%s is no PKCS #11 module", module);
		return trouble->text;
	}
	return NULL;
}

/* ---- connecting ---- */

static bool
has_label(const CK_TOKEN_INFO *info, const char *label)
{
	char padded[PKCS11_LABEL_LEN];

	memset(padded, ' ', sizeof(padded));
	memcpy(padded, label, strlen(label));
	return (info->flags & CKF_TOKEN_INITIALIZED) != 0 && memcmp(info->label, padded, sizeof(padded)) == 0;
}

static enum keystore_result
find_slot(struct pkcs11_token *token, CK_SLOT_ID *slot, struct keystore_trouble *trouble)
{
	CK_SLOT_ID slots[SLOTS_MAX];
	CK_ULONG count = SLOTS_MAX, found = 0;
	CK_RV failure = token->calls->C_GetSlotList(CK_TRUE, slots, &count);

	if (failure != CKR_OK)
		return pkcs11_token_failed(token, "looking for it", failure, trouble);
	for (CK_ULONG i = 0; i < count; i++) {
		CK_TOKEN_INFO info;

		if (token->calls->C_GetTokenInfo(slots[i], &info) == CKR_OK && has_label(&info, token->label)) {
			*slot = slots[i];
			found++;
		}
	}
	if (found == 1)
		return KEYSTORE_DONE;
	if (found == 0)
		return keystore_trouble(trouble, KEYSTORE_AWAY, "there is no token '%s'", token->label);
	return keystore_trouble(trouble, KEYSTORE_AWAY, "more than one token is called '%s'", token->label);
}

/* The PIN without the end of its line; 0: it cannot be read. */
static size_t
read_pin(int fd, unsigned char *pin)
{
	ssize_t len = mm_file_read_at(fd, pin, PIN_LEN_MAX + 1, 0);

	while (len > 0 && (pin[len - 1] == '\n' || pin[len - 1] == '\r'))
		len--;
	return len <= 0 || len > PIN_LEN_MAX ? 0 : (size_t)len;
}

static bool
is_refusal_of_pin(CK_RV failure)
{
	return failure == CKR_PIN_INCORRECT || failure == CKR_PIN_LOCKED || failure == CKR_PIN_INVALID ||
	    failure == CKR_PIN_LEN_RANGE || failure == CKR_PIN_EXPIRED;
}

static enum keystore_result
log_in(struct pkcs11_token *token, struct keystore_trouble *trouble)
{
	unsigned char *pin = locked_memory_take(PIN_LEN_MAX + 1);
	size_t len = pin == NULL ? 0 : read_pin(token->pin_fd, pin);
	CK_RV failure = len == 0 ? CKR_OK :
	                           token->calls->C_Login(token->sessions[PKCS11_OWN_SESSION], CKU_USER, pin, len);

	locked_memory_give_back(pin);
	if (len == 0)
		return keystore_trouble(trouble, KEYSTORE_AWAY,
		    "the file with the token's PIN is empty or cannot be read");
	if (failure == CKR_OK || failure == CKR_USER_ALREADY_LOGGED_IN)
		return KEYSTORE_DONE;
	if (!is_refusal_of_pin(failure))
		return pkcs11_token_failed(token, "logging in", failure, trouble);
	token->pin_refused = true;
	return pkcs11_token_failed(token, "the PIN is refused, and not tried again before a restart", failure, trouble);
}

static enum keystore_result
open_sessions(struct pkcs11_token *token, struct keystore_trouble *trouble)
{
	CK_SLOT_ID slot = 0;
	enum keystore_result result = find_slot(token, &slot, trouble);

	for (size_t i = 0; i < PKCS11_SESSIONS && result == KEYSTORE_DONE; i++) {
		CK_RV failure = token->calls->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL,
		    &token->sessions[i]);

		if (failure != CKR_OK)
			result = pkcs11_token_failed(token, "opening a session", failure, trouble);
	}
	return result == KEYSTORE_DONE ? log_in(token, trouble) : result;
}

/* The module is begun anew, too: it may have listed its tokens when it began. */
static enum keystore_result
begin_anew(struct pkcs11_token *token, struct keystore_trouble *trouble)
{
	CK_C_INITIALIZE_ARGS threads = { .flags = CKF_OS_LOCKING_OK };
	enum keystore_result result;
	CK_RV failure;

	(void)token->calls->C_Finalize(NULL);
	token->connected = false;
	failure = token->calls->C_Initialize(&threads);
	if (failure != CKR_OK)
		return pkcs11_token_failed(token, "beginning", failure, trouble);
	result = open_sessions(token, trouble);
	if (result != KEYSTORE_DONE)
		return KEYSTORE_AWAY;
	token->generation++;
	token->connected = true;
	atomic_store(&token->away, false);
	return KEYSTORE_DONE;
}

/* Whether sessions still stand; a token that nobody uses is found to be away by it. */
static void
probe(struct pkcs11_token *token)
{
	struct keystore_trouble ignored;
	CK_SESSION_INFO session;
	CK_TOKEN_INFO info;
	CK_RV failure = token->calls->C_GetSessionInfo(token->sessions[PKCS11_OWN_SESSION], &session);

	if (failure == CKR_OK)
		failure = token->calls->C_GetTokenInfo(session.slotID, &info);
	if (failure != CKR_OK)
		(void)pkcs11_token_failed(token, "asking for it", failure, &ignored);
}

enum keystore_result
pkcs11_token_connect(struct pkcs11_token *token, struct keystore_trouble *trouble)
{
	struct timespec until;
	enum keystore_result result;

	if (token->pin_refused)
		return keystore_trouble(trouble, KEYSTORE_AWAY,
		    "the token '%s' refuses the PIN; mend the file and restart", token->label);
	if (token->connected)
		probe(token);
	if (token->connected && !atomic_load(&token->away))
		return KEYSTORE_DONE;
	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += LOCK_WAIT_S;
	if (pthread_rwlock_timedwrlock(&token->lock, &until) != 0)
		return keystore_trouble(trouble, KEYSTORE_AWAY, "the token '%s' does not answer", token->label);
	result = begin_anew(token, trouble);
	pthread_rwlock_unlock(&token->lock);
	return result;
}

bool
pkcs11_token_hold(struct pkcs11_token *token, struct keystore_trouble *trouble)
{
	/* Not waiting: who makes the sessions anew may wait for the token for long. */
	if (pthread_rwlock_tryrdlock(&token->lock) == 0) {
		if (token->connected && !atomic_load(&token->away))
			return true;
		pthread_rwlock_unlock(&token->lock);
	}
	(void)keystore_trouble(trouble, KEYSTORE_AWAY, "the token '%s' is away", token->label);
	return false;
}

void
pkcs11_token_release(struct pkcs11_token *token)
{
	pthread_rwlock_unlock(&token->lock);
}

void
pkcs11_token_clear(struct pkcs11_token *token)
{
	if (token->calls != NULL)
		(void)token->calls->C_Finalize(NULL);
	close(token->pin_fd);
	pthread_rwlock_destroy(&token->lock);
}
