/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list that shapes fill with folders and messages.
 */
#include "engine/logs/items.h"

#include <stdlib.h>

/* Make room for one element of size more; returns whether there is. */
static bool
grow(void **array, size_t count, size_t *room, size_t size)
{
	size_t more = *room == 0 ? 64 : *room * 2;
	void *larger;

	if (count < *room)
		return true;
	larger = reallocarray(*array, more, size);
	if (larger == NULL)
		return false;
	*array = larger;
	*room = more;
	return true;
}

struct mm_logs_folder *
mm_logs_item_list_folder(struct mm_logs_item_list *list)
{
	struct mm_logs_folder *folder;
	void *array = list->folders;

	if (!grow(&array, list->folders_count, &list->folders_size, sizeof(*list->folders))) {
		list->failed = true;
		return NULL;
	}
	list->folders = array;
	folder = &list->folders[list->folders_count++];
	*folder = (struct mm_logs_folder){ 0 };
	return folder;
}

struct mm_logs_message *
mm_logs_item_list_message(struct mm_logs_item_list *list)
{
	struct mm_logs_message *message;
	void *array = list->messages;

	if (!grow(&array, list->messages_count, &list->messages_size, sizeof(*list->messages))) {
		list->failed = true;
		return NULL;
	}
	list->messages = array;
	message = &list->messages[list->messages_count++];
	*message = (struct mm_logs_message){ .folder = SIZE_MAX };
	return message;
}

void
mm_logs_item_list_restart(struct mm_logs_item_list *list)
{
	list->folders_count = 0;
	list->messages_count = 0;
	list->lost = false;
	list->failed = false;
}

void
mm_logs_item_list_clear(struct mm_logs_item_list *list)
{
	free(list->folders);
	free(list->messages);
	*list = (struct mm_logs_item_list){ 0 };
}
