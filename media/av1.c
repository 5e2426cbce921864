/*
 * Every OBU of our encoder carries its length, so a unit can be walked without being understood.
 */
#include "media/av1.h"

#include "media/bits.h"

enum { OBU_SEQUENCE = 1, OBU_DELIMITER = 2, OBU_PADDING = 15 };

/* version 1 with the marker bit; profile and level; flags; no delay told */
#define RECORD 4

struct obu {
	int type;
	const uint8_t *bytes; /* with the header */
	size_t len;
	const uint8_t *payload;
	size_t payload_len;
};

/* The next OBU; 0 at the end, -1 for one without a length or beyond the end. */
static int
next_obu(const uint8_t *data, size_t len, size_t *at, struct obu *obu)
{
	size_t head = 1, size = 0;
	int shift = 0;

	if (*at == len)
		return 0;
	obu->bytes = data + *at;
	obu->type = obu->bytes[0] >> 3 & 15;
	if ((obu->bytes[0] & 4) != 0)
		head++;
	if ((obu->bytes[0] & 2) == 0)
		return -1;
	for (;; shift += 7) {
		if (*at + head >= len || shift > 28)
			return -1;
		size |= (size_t)(obu->bytes[head] & 127) << shift;
		if ((obu->bytes[head++] & 128) == 0)
			break;
	}
	if (size > len - *at - head)
		return -1;
	obu->payload = obu->bytes + head;
	obu->payload_len = size;
	obu->len = head + size;
	*at += obu->len;
	return 1;
}

struct sequence {
	uint32_t profile, level, tier;
	uint32_t high, twelve, mono, sub_x, sub_y, position;
};

static void
read_timing(struct bits *bits, int *delay_bits)
{
	(void)bits_get(bits, 32);
	(void)bits_get(bits, 32);
	if (bits_get(bits, 1) != 0)
		(void)bits_ue(bits);
	if (bits_get(bits, 1) == 0)
		return;
	*delay_bits = (int)bits_get(bits, 5) + 1;
	(void)bits_get(bits, 32);
	(void)bits_get(bits, 10);
}

/* Only the first operating point counts for the record. */
static void
read_points(struct bits *bits, struct sequence *sequence)
{
	int delay_bits = 0;
	uint32_t points, shown;

	if (bits_get(bits, 1) != 0)
		read_timing(bits, &delay_bits);
	shown = bits_get(bits, 1);
	points = bits_get(bits, 5) + 1;
	for (uint32_t i = 0; i < points; i++) {
		uint32_t level, tier = 0;

		(void)bits_get(bits, 12);
		level = bits_get(bits, 5);
		if (level > 7)
			tier = bits_get(bits, 1);
		if (i == 0) {
			sequence->level = level;
			sequence->tier = tier;
		}
		if (delay_bits > 0 && bits_get(bits, 1) != 0) {
			(void)bits_get(bits, delay_bits);
			(void)bits_get(bits, delay_bits);
			(void)bits_get(bits, 1);
		}
		if (shown != 0 && bits_get(bits, 1) != 0)
			(void)bits_get(bits, 4);
	}
}

static void
read_tools(struct bits *bits)
{
	const int width_bits = (int)bits_get(bits, 4) + 1, height_bits = (int)bits_get(bits, 4) + 1;
	bool order, screen = true;

	(void)bits_get(bits, width_bits);
	(void)bits_get(bits, height_bits);
	if (bits_get(bits, 1) != 0)
		(void)bits_get(bits, 7);
	(void)bits_get(bits, 3 + 4); /* block size, intra tools; inter tools */
	order = bits_get(bits, 1) != 0;
	if (order)
		(void)bits_get(bits, 2);
	if (bits_get(bits, 1) == 0) /* screen content: not chosen per picture */
		screen = bits_get(bits, 1) != 0;
	if (screen && bits_get(bits, 1) == 0)
		(void)bits_get(bits, 1);
	if (order)
		(void)bits_get(bits, 3);
	(void)bits_get(bits, 3); /* filters */
}

/* Profile 0 (8 or 10 bits, 4:2:0 or grey) only; others set bits->over. */
static void
read_colour(struct bits *bits, struct sequence *sequence)
{
	sequence->high = bits_get(bits, 1);
	if (sequence->profile != 0)
		bits->over = true;
	sequence->mono = bits_get(bits, 1);
	if (bits_get(bits, 1) != 0)
		(void)bits_get(bits, 24);
	(void)bits_get(bits, 1); /* range */
	sequence->sub_x = sequence->sub_y = 1;
	if (sequence->mono == 0)
		sequence->position = bits_get(bits, 2);
}

static int
read_sequence(const struct obu *obu, struct sequence *sequence, struct error *err)
{
	struct bits bits = {obu->payload, obu->payload_len * 8, 0, false};

	sequence->profile = bits_get(&bits, 3);
	/* a film is no still picture */
	if (bits_get(&bits, 2) != 0)
		bits.over = true;
	read_points(&bits, sequence);
	read_tools(&bits);
	read_colour(&bits, sequence);
	if (bits.over)
		return error_set(err, ERR_INTERNAL, "the sequence header is not of our encoder's kind");
	return 0;
}

int
av1_setup(const uint8_t *obus, size_t len, struct buf *av1c, struct error *err)
{
	struct sequence s = {0};
	struct obu obu;
	size_t at = 0;
	int ret;

	while ((ret = next_obu(obus, len, &at, &obu)) > 0 && obu.type != OBU_SEQUENCE)
		continue;
	if (ret <= 0)
		return error_set(err, ERR_INTERNAL, "the encoder gave no sequence header");
	if (read_sequence(&obu, &s, err) < 0)
		return -1;
	const uint8_t record[RECORD] = {0x81, (uint8_t)(s.profile << 5 | s.level),
	    (uint8_t)(s.tier << 7 | s.high << 6 | s.twelve << 5 | s.mono << 4 | s.sub_x << 3 | s.sub_y << 2 |
		      s.position),
	    0};

	buf_put(av1c, record, sizeof(record));
	buf_put(av1c, obu.bytes, obu.len);
	return buf_error(av1c, err);
}

int
av1_sample(const uint8_t *unit, size_t len, struct buf *sample, struct error *err)
{
	struct obu obu;
	size_t at = 0;
	int ret;

	while ((ret = next_obu(unit, len, &at, &obu)) > 0)
		if (obu.type != OBU_DELIMITER && obu.type != OBU_PADDING)
			buf_put(sample, obu.bytes, obu.len);
	if (ret < 0)
		return error_set(err, ERR_INTERNAL, "the encoder gave a unit that cannot be read");
	return buf_error(sample, err);
}

int
av1_starts(const uint8_t *av1c, size_t av1c_len, const uint8_t *sample, size_t len, struct error *err)
{
	struct obu obu;
	size_t at = 0;
	int ret;

	while ((ret = next_obu(sample, len, &at, &obu)) > 0) {
		if (obu.type != OBU_SEQUENCE)
			continue;
		if (av1c_len != RECORD + obu.len || memcmp(av1c + RECORD, obu.bytes, obu.len) != 0)
			return error_set(err, ERR_INTERNAL, "a picture brings another sequence header");
		return 0;
	}
	return error_set(err, ERR_INTERNAL, "the picture brings no sequence header");
}

void
av1_codec(const uint8_t *av1c, size_t len, struct buf *text)
{
	if (len < RECORD)
		return;
	buf_printf(text, "av01.%d.%02d%c.%02d", av1c[1] >> 5, av1c[1] & 31, (av1c[2] & 128) != 0 ? 'H' : 'M',
	    (av1c[2] & 64) != 0 ? 10 : 8);
}
