#include "media/bits.h"

uint32_t
bits_get(struct bits *bits, int count)
{
	uint32_t value = 0;

	for (int i = 0; i < count; i++, bits->at++) {
		if (bits->at >= bits->len) {
			bits->over = true;
			return 0;
		}
		value = value << 1 | (bits->data[bits->at / 8] >> (7 - bits->at % 8) & 1);
	}
	return value;
}

uint32_t
bits_ue(struct bits *bits)
{
	int zeros = 0;

	while (zeros < 31 && !bits->over && bits_get(bits, 1) == 0)
		zeros++;
	return (1u << zeros) - 1 + bits_get(bits, zeros);
}

void
bits_skip_ue(struct bits *bits, int count)
{
	while (count-- > 0)
		(void)bits_ue(bits);
}

void
nal_unescape(const uint8_t *nal, size_t len, struct buf *rbsp)
{
	int zeros = 0;

	for (size_t i = 0; i < len; i++) {
		if (zeros >= 2 && nal[i] == 3) {
			zeros = 0;
			continue;
		}
		zeros = nal[i] == 0 ? zeros + 1 : 0;
		buf_putc(rbsp, (char)nal[i]);
	}
}

void
nal_escape(const uint8_t *rbsp, size_t len, struct buf *nal)
{
	int zeros = 0;

	for (size_t i = 0; i < len; i++) {
		if (zeros >= 2 && rbsp[i] <= 3) {
			buf_putc(nal, 3);
			zeros = 0;
		}
		zeros = rbsp[i] == 0 ? zeros + 1 : 0;
		buf_putc(nal, (char)rbsp[i]);
	}
}

bool
nal_next_annexb(const uint8_t *data, size_t len, size_t *at, const uint8_t **ret_nal, size_t *ret_len)
{
	size_t begin = *at, end;

	while (begin + 3 <= len && !(data[begin] == 0 && data[begin + 1] == 0 && data[begin + 2] == 1))
		begin++;
	if (begin + 3 > len)
		return false;
	begin += 3;
	for (end = begin; end < len; end++)
		if (end + 3 <= len && data[end] == 0 && data[end + 1] == 0 && data[end + 2] <= 1)
			break;
	*at = end;
	while (end > begin && data[end - 1] == 0)
		end--;
	*ret_nal = data + begin;
	*ret_len = end - begin;
	return end > begin;
}

bool
nal_next(const uint8_t *data, size_t len, size_t *at, const uint8_t **ret_nal, size_t *ret_len)
{
	size_t size;

	if (*at + 5 > len)
		return false;
	size = (size_t)data[*at] << 24 | (size_t)data[*at + 1] << 16 | (size_t)data[*at + 2] << 8 | data[*at + 3];
	if (size == 0 || size > len - *at - 4)
		return false;
	*ret_nal = data + *at + 4;
	*ret_len = size;
	*at += 4 + size;
	return true;
}

void
nal_put(struct buf *sample, const void *nal, size_t len)
{
	const uint8_t bytes[4] = {(uint8_t)(len >> 24), (uint8_t)(len >> 16), (uint8_t)(len >> 8), (uint8_t)len};

	buf_put(sample, bytes, sizeof(bytes));
	buf_put(sample, nal, len);
}
