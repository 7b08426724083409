/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Items: the folders and messages that one mail record names. They are not in its event, since there may be thousands;
 * mm_logs_again() reads them when they are asked for.
 */
#ifndef MM_ENGINE_LOGS_ITEMS_H
#define MM_ENGINE_LOGS_ITEMS_H

#include <mintmark/slice.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Texts are borrowed for the call that gives them; absent where the record does not say. */
struct mm_logs_folder {
	struct mm_slice path; /* "\Inbox" */
	struct mm_slice id;   /* the provider's, opaque */
	bool whole;           /* synchronised: everything in it counts as read */
};

struct mm_logs_message {
	struct mm_slice message_id; /* InternetMessageId as it stands, with its angle brackets */
	struct mm_slice id;         /* the provider's, where told */
	struct mm_slice subject;
	uint64_t size;
	size_t folder;              /* number of its folder in the record, or SIZE_MAX */
};

struct mm_logs_items {
	struct mm_slice record_id;  /* the record's id as it stands */
	const struct mm_logs_folder *folders;
	size_t folders_count;
	const struct mm_logs_message *messages;
	size_t messages_count;
	bool lost;                  /* the export lost some: MM_LOGS_ITEMS_CUT */
};

/* ---- for shapes, which fill it ---- */

/* Grows by allocation and is used again for the next record. All zeroes: empty. */
struct mm_logs_item_list {
	struct mm_logs_folder *folders;
	struct mm_logs_message *messages;
	size_t folders_count, folders_size;
	size_t messages_count, messages_size;
	bool lost;
	bool failed; /* memory was short */
};

/* Room for one more, all absent; NULL, and failed, where memory is short. */
struct mm_logs_folder *mm_logs_item_list_folder(struct mm_logs_item_list *list);
struct mm_logs_message *mm_logs_item_list_message(struct mm_logs_item_list *list);

/* Make it empty and keep the memory; give the memory back. */
void mm_logs_item_list_restart(struct mm_logs_item_list *list);
void mm_logs_item_list_clear(struct mm_logs_item_list *list);

#endif
