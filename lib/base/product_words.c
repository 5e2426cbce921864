/*
 * The reading is a walk over the words with a few tables. A colour or material is kept until the noun it describes
 * shows up within the next words ("white minimalist laces"); without such a noun it describes the product.
 */
#include "lib/base/product_words.h"

#include <ctype.h>
#include <string.h>

#define WORDS_MAX 96
#define WORD_SIZE 24

struct word_list {
	size_t n;
	char at[WORDS_MAX][WORD_SIZE];
	bool stop[WORDS_MAX]; /* a comma or full stop follows */
};

struct form_word {
	const char *word;
	enum product_form form;
	int weight; /* "glass jar of face cream": the more telling noun wins */
};

static const char *const category_names[PRODUCT_CATEGORY__COUNT] = {
    [PRODUCT_GENERIC] = "product",
    [PRODUCT_FOOTWEAR] = "footwear",
    [PRODUCT_WATCH] = "watch",
    [PRODUCT_SKINCARE] = "skincare",
    [PRODUCT_FOOD] = "food",
    [PRODUCT_ELECTRONICS] = "electronics",
    [PRODUCT_BAG] = "bag",
    [PRODUCT_FURNITURE] = "furniture",
};

static const enum product_category form_category[PRODUCT_FORM__COUNT] = {
    [PRODUCT_FORM_BOX] = PRODUCT_GENERIC,
    [PRODUCT_FORM_SNEAKER] = PRODUCT_FOOTWEAR,
    [PRODUCT_FORM_WATCH] = PRODUCT_WATCH,
    [PRODUCT_FORM_BOTTLE] = PRODUCT_SKINCARE,
    [PRODUCT_FORM_CREAM] = PRODUCT_SKINCARE,
    [PRODUCT_FORM_PUMP] = PRODUCT_SKINCARE,
    [PRODUCT_FORM_DROPPER] = PRODUCT_SKINCARE,
    [PRODUCT_FORM_TUBE] = PRODUCT_SKINCARE,
    [PRODUCT_FORM_PERFUME] = PRODUCT_SKINCARE,
    [PRODUCT_FORM_JAR] = PRODUCT_FOOD,
    [PRODUCT_FORM_MUG] = PRODUCT_FOOD,
    [PRODUCT_FORM_CUP] = PRODUCT_FOOD,
    [PRODUCT_FORM_CAN] = PRODUCT_FOOD,
    [PRODUCT_FORM_DRINK] = PRODUCT_FOOD,
    [PRODUCT_FORM_POUCH] = PRODUCT_FOOD,
    [PRODUCT_FORM_HEADPHONES] = PRODUCT_ELECTRONICS,
    [PRODUCT_FORM_PHONE] = PRODUCT_ELECTRONICS,
    [PRODUCT_FORM_SPEAKER] = PRODUCT_ELECTRONICS,
    [PRODUCT_FORM_BACKPACK] = PRODUCT_BAG,
    [PRODUCT_FORM_HANDBAG] = PRODUCT_BAG,
    [PRODUCT_FORM_CHAIR] = PRODUCT_FURNITURE,
    [PRODUCT_FORM_LAMP] = PRODUCT_FURNITURE,
};

/* The word tables are packed; one row per line would hide the code below them. */
/* clang-format off */
static const struct form_word form_words[] = {
    {"shoe", PRODUCT_FORM_SNEAKER, 9},
    {"sneaker", PRODUCT_FORM_SNEAKER, 9},
    {"trainer", PRODUCT_FORM_SNEAKER, 9},
    {"boot", PRODUCT_FORM_SNEAKER, 9},
    {"footwear", PRODUCT_FORM_SNEAKER, 9},
    {"runner", PRODUCT_FORM_SNEAKER, 5},
    {"sandal", PRODUCT_FORM_SNEAKER, 8},
    {"loafer", PRODUCT_FORM_SNEAKER, 8},
    {"slipper", PRODUCT_FORM_SNEAKER, 8},
    {"moccasin", PRODUCT_FORM_SNEAKER, 8},
    {"kick", PRODUCT_FORM_SNEAKER, 3},
    {"watch", PRODUCT_FORM_WATCH, 9},
    {"wristwatch", PRODUCT_FORM_WATCH, 9},
    {"smartwatch", PRODUCT_FORM_WATCH, 9},
    {"chronograph", PRODUCT_FORM_WATCH, 9},
    {"timepiece", PRODUCT_FORM_WATCH, 9},
    {"serum", PRODUCT_FORM_DROPPER, 9},
    {"dropper", PRODUCT_FORM_DROPPER, 9},
    {"oil", PRODUCT_FORM_DROPPER, 4},
    {"essence", PRODUCT_FORM_DROPPER, 6},
    {"cream", PRODUCT_FORM_CREAM, 6},
    {"moisturizer", PRODUCT_FORM_CREAM, 8},
    {"moisturiser", PRODUCT_FORM_CREAM, 8},
    {"balm", PRODUCT_FORM_CREAM, 8},
    {"mask", PRODUCT_FORM_CREAM, 5},
    {"skincare", PRODUCT_FORM_BOTTLE, 7},
    {"skin", PRODUCT_FORM_BOTTLE, 6},
    {"cosmetic", PRODUCT_FORM_BOTTLE, 7},
    {"cosmetics", PRODUCT_FORM_BOTTLE, 7},
    {"toner", PRODUCT_FORM_BOTTLE, 8},
    {"bottle", PRODUCT_FORM_BOTTLE, 3},
    {"lotion", PRODUCT_FORM_PUMP, 8},
    {"shampoo", PRODUCT_FORM_PUMP, 9},
    {"conditioner", PRODUCT_FORM_PUMP, 8},
    {"soap", PRODUCT_FORM_PUMP, 7},
    {"pump", PRODUCT_FORM_PUMP, 8},
    {"wash", PRODUCT_FORM_PUMP, 5},
    {"cleanser", PRODUCT_FORM_PUMP, 8},
    {"tube", PRODUCT_FORM_TUBE, 8},
    {"toothpaste", PRODUCT_FORM_TUBE, 9},
    {"sunscreen", PRODUCT_FORM_TUBE, 9},
    {"perfume", PRODUCT_FORM_PERFUME, 9},
    {"cologne", PRODUCT_FORM_PERFUME, 9},
    {"fragrance", PRODUCT_FORM_PERFUME, 9},
    {"parfum", PRODUCT_FORM_PERFUME, 9},
    {"jam", PRODUCT_FORM_JAR, 8},
    {"honey", PRODUCT_FORM_JAR, 5},
    {"marmalade", PRODUCT_FORM_JAR, 8},
    {"jar", PRODUCT_FORM_JAR, 4},
    {"pickle", PRODUCT_FORM_JAR, 7},
    {"sauce", PRODUCT_FORM_JAR, 7},
    {"spread", PRODUCT_FORM_JAR, 7},
    {"preserve", PRODUCT_FORM_JAR, 7},
    {"candle", PRODUCT_FORM_JAR, 8},
    {"butter", PRODUCT_FORM_JAR, 5},
    {"spice", PRODUCT_FORM_JAR, 6},
    {"mug", PRODUCT_FORM_MUG, 9},
    {"cup", PRODUCT_FORM_CUP, 6},
    {"tumbler", PRODUCT_FORM_CUP, 7},
    {"teacup", PRODUCT_FORM_MUG, 8},
    {"latte", PRODUCT_FORM_CUP, 5},
    {"cappuccino", PRODUCT_FORM_CUP, 5},
    {"yogurt", PRODUCT_FORM_CUP, 7},
    {"yoghurt", PRODUCT_FORM_CUP, 7},
    {"icecream", PRODUCT_FORM_CUP, 7},
    {"smoothie", PRODUCT_FORM_CUP, 6},
    {"milkshake", PRODUCT_FORM_CUP, 6},
    {"can", PRODUCT_FORM_CAN, 6},
    {"soda", PRODUCT_FORM_CAN, 7},
    {"cola", PRODUCT_FORM_CAN, 7},
    {"energy", PRODUCT_FORM_CAN, 4},
    {"seltzer", PRODUCT_FORM_CAN, 7},
    {"lemonade", PRODUCT_FORM_CAN, 6},
    {"kombucha", PRODUCT_FORM_DRINK, 7},
    {"beer", PRODUCT_FORM_DRINK, 7},
    {"wine", PRODUCT_FORM_DRINK, 7},
    {"juice", PRODUCT_FORM_DRINK, 7},
    {"milk", PRODUCT_FORM_DRINK, 4},
    {"whiskey", PRODUCT_FORM_DRINK, 7},
    {"whisky", PRODUCT_FORM_DRINK, 7},
    {"gin", PRODUCT_FORM_DRINK, 7},
    {"vodka", PRODUCT_FORM_DRINK, 7},
    {"olive-oil", PRODUCT_FORM_DRINK, 9},
    {"water", PRODUCT_FORM_DRINK, 4},
    {"drink", PRODUCT_FORM_CAN, 4},
    {"coffee", PRODUCT_FORM_POUCH, 4},
    {"tea", PRODUCT_FORM_POUCH, 4},
    {"snack", PRODUCT_FORM_POUCH, 6},
    {"chip", PRODUCT_FORM_POUCH, 5},
    {"crisp", PRODUCT_FORM_POUCH, 5},
    {"granola", PRODUCT_FORM_POUCH, 7},
    {"chocolate", PRODUCT_FORM_POUCH, 4},
    {"nut", PRODUCT_FORM_POUCH, 4},
    {"cookie", PRODUCT_FORM_POUCH, 6},
    {"candy", PRODUCT_FORM_POUCH, 6},
    {"pouch", PRODUCT_FORM_POUCH, 6},
    {"food", PRODUCT_FORM_POUCH, 4},
    {"cereal", PRODUCT_FORM_POUCH, 7},
    {"protein", PRODUCT_FORM_POUCH, 5},
    {"pasta", PRODUCT_FORM_POUCH, 6},
    {"headphone", PRODUCT_FORM_HEADPHONES, 9},
    {"headset", PRODUCT_FORM_HEADPHONES, 9},
    {"earphone", PRODUCT_FORM_HEADPHONES, 8},
    {"earbud", PRODUCT_FORM_HEADPHONES, 8},
    {"phone", PRODUCT_FORM_PHONE, 8},
    {"smartphone", PRODUCT_FORM_PHONE, 9},
    {"iphone", PRODUCT_FORM_PHONE, 9},
    {"mobile", PRODUCT_FORM_PHONE, 4},
    {"tablet", PRODUCT_FORM_PHONE, 8},
    {"speaker", PRODUCT_FORM_SPEAKER, 9},
    {"soundbar", PRODUCT_FORM_SPEAKER, 8},
    {"radio", PRODUCT_FORM_SPEAKER, 7},
    {"electronic", PRODUCT_FORM_SPEAKER, 4},
    {"gadget", PRODUCT_FORM_SPEAKER, 4},
    {"audio", PRODUCT_FORM_SPEAKER, 2},
    {"backpack", PRODUCT_FORM_BACKPACK, 9},
    {"rucksack", PRODUCT_FORM_BACKPACK, 9},
    {"bag", PRODUCT_FORM_HANDBAG, 6},
    {"handbag", PRODUCT_FORM_HANDBAG, 9},
    {"tote", PRODUCT_FORM_HANDBAG, 8},
    {"purse", PRODUCT_FORM_HANDBAG, 8},
    {"satchel", PRODUCT_FORM_HANDBAG, 8},
    {"clutch", PRODUCT_FORM_HANDBAG, 7},
    {"briefcase", PRODUCT_FORM_HANDBAG, 8},
    {"duffel", PRODUCT_FORM_HANDBAG, 8},
    {"suitcase", PRODUCT_FORM_HANDBAG, 7},
    {"chair", PRODUCT_FORM_CHAIR, 9},
    {"armchair", PRODUCT_FORM_CHAIR, 9},
    {"stool", PRODUCT_FORM_CHAIR, 8},
    {"sofa", PRODUCT_FORM_CHAIR, 8},
    {"couch", PRODUCT_FORM_CHAIR, 8},
    {"furniture", PRODUCT_FORM_CHAIR, 5},
    {"lamp", PRODUCT_FORM_LAMP, 9},
    {"lantern", PRODUCT_FORM_LAMP, 8},
};

static const struct {
	const char *word;
	uint32_t rgb;
} colour_words[] = {
    {"pink", 0xf08fb0},
    {"white", 0xf4f2ee},
    {"black", 0x1c1c20},
    {"red", 0xc8202c},
    {"blue", 0x2459b8},
    {"green", 0x2f8a4c},
    {"yellow", 0xf4c52c},
    {"orange", 0xf0782a},
    {"purple", 0x7a3fa8},
    {"violet", 0x7d4fc0},
    {"brown", 0x6e4429},
    {"grey", 0x8b8d91},
    {"gray", 0x8b8d91},
    {"beige", 0xd9c4a3},
    {"cream", 0xf0e4cc},
    {"ivory", 0xf2ead8},
    {"tan", 0xc08d5a},
    {"navy", 0x1b2a55},
    {"teal", 0x12797c},
    {"turquoise", 0x35bfb8},
    {"cyan", 0x2cb8d6},
    {"magenta", 0xc72f86},
    {"olive", 0x66703a},
    {"lime", 0x9ccb3b},
    {"mint", 0xa6dcc3},
    {"coral", 0xf47a66},
    {"salmon", 0xf19a82},
    {"peach", 0xf6bd98},
    {"burgundy", 0x6d1730},
    {"maroon", 0x681e2a},
    {"crimson", 0xb3142e},
    {"scarlet", 0xd2241c},
    {"lavender", 0xb7a4dc},
    {"lilac", 0xc6a8d8},
    {"indigo", 0x37358a},
    {"khaki", 0xa39867},
    {"sand", 0xd8bf94},
    {"charcoal", 0x3a3d42},
    {"gold", 0xe2b04c},
    {"golden", 0xe2b04c},
    {"silver", 0xc9ccd1},
    {"bronze", 0xa8713c},
    {"copper", 0xc8764a},
    {"rose", 0xd98a93},
    {"emerald", 0x0f7a52},
    {"sapphire", 0x1c3f9a},
    {"ruby", 0x9b1134},
    {"amber", 0xd98a1f},
    {"terracotta", 0xbf6a47},
    {"rust", 0xa84f2a},
    {"mustard", 0xd2a02c},
    {"cognac", 0x9c5426},
    {"camel", 0xbd8a52},
    {"chestnut", 0x76402a},
    {"aqua", 0x4fc9cf},
    {"sage", 0x9caf88},
    {"fuchsia", 0xcf3592},
    {"plum", 0x632a5c},
    {"midnight", 0x1a2444},
    {"azure", 0x3f8fe0},
    {"graphite", 0x44474d},
    {"champagne", 0xe6cfa6},
    {"chocolate", 0x4a2a1a},
    {"walnut", 0x5c3d28},
    {"taupe", 0x8b7a6b},
};

/* Flavours colour what is inside a jar or a cup and give a can or a pack its hue. */
static const struct {
	const char *word;
	uint32_t rgb;
} content_words[] = {
    {"strawberry", 0xb3121d},
    {"raspberry", 0xa31436},
    {"cherry", 0x8c0f22},
    {"cranberry", 0x9c1530},
    {"blueberry", 0x322a66},
    {"blackberry", 0x2f1430},
    {"grape", 0x5a2a68},
    {"apricot", 0xe58a26},
    {"peach", 0xee9a52},
    {"orange", 0xea7b14},
    {"mango", 0xf0991c},
    {"lemon", 0xf0cf3a},
    {"lime", 0x8cb82c},
    {"apple", 0xb4bf3f},
    {"honey", 0xd98a14},
    {"caramel", 0xb86a22},
    {"coffee", 0x2e1a10},
    {"espresso", 0x2a170e},
    {"chocolate", 0x3c2013},
    {"cocoa", 0x4a2a1a},
    {"matcha", 0x7d9a3c},
    {"tea", 0x9a5a1e},
    {"mint", 0x8fd0b2},
    {"vanilla", 0xf2e3bd},
    {"milk", 0xf5f0e6},
    {"tomato", 0xc2311c},
    {"pesto", 0x5f7a2a},
    {"peanut", 0xc08a4a},
    {"almond", 0xcaa67a},
    {"pistachio", 0x9db46a},
    {"coconut", 0xf4efe4},
    {"hazelnut", 0x5a351d},
    {"beer", 0xd58a1a},
    {"wine", 0x4d0f1f},
    {"cola", 0x2c140b},
    {"marmalade", 0xe07a12},
    {"fig", 0x5c2a3c},
    {"plum", 0x4f1d3a},
    {"watermelon", 0xe5475a},
    {"whiskey", 0xb3661a},
    {"whisky", 0xb3661a},
};

static const struct {
	const char *word;
	enum product_material material;
} material_words[] = {
    {"leather", PRODUCT_MATERIAL_LEATHER},
    {"suede", PRODUCT_MATERIAL_SUEDE},
    {"nubuck", PRODUCT_MATERIAL_SUEDE},
    {"velvet", PRODUCT_MATERIAL_SUEDE},
    {"canvas", PRODUCT_MATERIAL_CANVAS},
    {"cotton", PRODUCT_MATERIAL_CANVAS},
    {"linen", PRODUCT_MATERIAL_CANVAS},
    {"denim", PRODUCT_MATERIAL_CANVAS},
    {"fabric", PRODUCT_MATERIAL_CANVAS},
    {"nylon", PRODUCT_MATERIAL_CANVAS},
    {"textile", PRODUCT_MATERIAL_CANVAS},
    {"hemp", PRODUCT_MATERIAL_CANVAS},
    {"wool", PRODUCT_MATERIAL_KNIT},
    {"knit", PRODUCT_MATERIAL_KNIT},
    {"knitted", PRODUCT_MATERIAL_KNIT},
    {"mesh", PRODUCT_MATERIAL_KNIT},
    {"metal", PRODUCT_MATERIAL_METAL},
    {"steel", PRODUCT_MATERIAL_METAL},
    {"stainless", PRODUCT_MATERIAL_METAL},
    {"aluminium", PRODUCT_MATERIAL_METAL},
    {"aluminum", PRODUCT_MATERIAL_METAL},
    {"titanium", PRODUCT_MATERIAL_METAL},
    {"chrome", PRODUCT_MATERIAL_METAL},
    {"brass", PRODUCT_MATERIAL_GOLD},
    {"gold", PRODUCT_MATERIAL_GOLD},
    {"golden", PRODUCT_MATERIAL_GOLD},
    {"copper", PRODUCT_MATERIAL_GOLD},
    {"bronze", PRODUCT_MATERIAL_GOLD},
    {"silver", PRODUCT_MATERIAL_SILVER},
    {"platinum", PRODUCT_MATERIAL_SILVER},
    {"glass", PRODUCT_MATERIAL_GLASS},
    {"crystal", PRODUCT_MATERIAL_GLASS},
    {"wood", PRODUCT_MATERIAL_WOOD},
    {"wooden", PRODUCT_MATERIAL_WOOD},
    {"oak", PRODUCT_MATERIAL_WOOD},
    {"walnut", PRODUCT_MATERIAL_WOOD},
    {"bamboo", PRODUCT_MATERIAL_WOOD},
    {"ceramic", PRODUCT_MATERIAL_CERAMIC},
    {"porcelain", PRODUCT_MATERIAL_CERAMIC},
    {"stoneware", PRODUCT_MATERIAL_CERAMIC},
    {"clay", PRODUCT_MATERIAL_CERAMIC},
    {"plastic", PRODUCT_MATERIAL_PLASTIC},
    {"rubber", PRODUCT_MATERIAL_RUBBER},
    {"silicone", PRODUCT_MATERIAL_RUBBER},
    {"paper", PRODUCT_MATERIAL_PAPER},
    {"cardboard", PRODUCT_MATERIAL_PAPER},
    {"kraft", PRODUCT_MATERIAL_PAPER},
};

static const struct {
	const char *word;
	enum product_part part;
} part_words[] = {
    {"lace", PRODUCT_PART_LACES},
    {"shoelace", PRODUCT_PART_LACES},
    {"sole", PRODUCT_PART_SOLE},
    {"outsole", PRODUCT_PART_SOLE},
    {"midsole", PRODUCT_PART_SOLE},
    {"strap", PRODUCT_PART_STRAP},
    {"band", PRODUCT_PART_STRAP},
    {"bracelet", PRODUCT_PART_STRAP},
    {"handle", PRODUCT_PART_STRAP},
    {"dial", PRODUCT_PART_DIAL},
    {"face", PRODUCT_PART_DIAL},
    {"screen", PRODUCT_PART_DIAL},
    {"lid", PRODUCT_PART_LID},
    {"cap", PRODUCT_PART_LID},
    {"top", PRODUCT_PART_LID},
    {"cork", PRODUCT_PART_LID},
    {"label", PRODUCT_PART_LABEL},
    {"logo", PRODUCT_PART_LABEL},
    {"ribbon", PRODUCT_PART_ACCENT},
    {"accent", PRODUCT_PART_ACCENT},
    {"detail", PRODUCT_PART_ACCENT},
    {"trim", PRODUCT_PART_ACCENT},
    {"stripe", PRODUCT_PART_ACCENT},
    {"cushion", PRODUCT_PART_ACCENT},
    {"stitching", PRODUCT_PART_ACCENT},
    {"hardware", PRODUCT_PART_ACCENT},
    {"buckle", PRODUCT_PART_ACCENT},
    {"background", PRODUCT_PART_GROUND},
    {"backdrop", PRODUCT_PART_GROUND},
    {"surface", PRODUCT_PART_GROUND},
    {"table", PRODUCT_PART_GROUND},
    {"tabletop", PRODUCT_PART_GROUND},
    {"countertop", PRODUCT_PART_GROUND},
    {"counter", PRODUCT_PART_GROUND},
    {"floor", PRODUCT_PART_GROUND},
    {"pedestal", PRODUCT_PART_GROUND},
    {"slab", PRODUCT_PART_GROUND},
    {"setting", PRODUCT_PART_GROUND},
};

static const struct {
	const char *word;
	enum product_ground ground;
} ground_words[] = {
    {"marble", PRODUCT_GROUND_MARBLE},
    {"white", PRODUCT_GROUND_WHITE},
    {"clean", PRODUCT_GROUND_WHITE},
    {"seamless", PRODUCT_GROUND_WHITE},
    {"black", PRODUCT_GROUND_DARK},
    {"dark", PRODUCT_GROUND_DARK},
    {"velvet", PRODUCT_GROUND_DARK},
    {"wood", PRODUCT_GROUND_WOOD},
    {"wooden", PRODUCT_GROUND_WOOD},
    {"oak", PRODUCT_GROUND_WOOD},
    {"stone", PRODUCT_GROUND_STONE},
    {"concrete", PRODUCT_GROUND_STONE},
    {"slate", PRODUCT_GROUND_STONE},
    {"granite", PRODUCT_GROUND_STONE},
    {"sand", PRODUCT_GROUND_SAND},
    {"beach", PRODUCT_GROUND_SAND},
    {"grass", PRODUCT_GROUND_GRASS},
    {"meadow", PRODUCT_GROUND_GRASS},
    {"water", PRODUCT_GROUND_WATER},
};

/* Words of the photographer: from here on a prompt speaks about the picture, no longer about the product. */
static const char *const cut_phrases[] = {
    "front view",
    "side view",
    "side profile",
    "back view",
    "rear view",
    "top view",
    "top-down",
    "overhead view",
    "three-quarter",
    "macro close-up",
    "extreme close-up",
    "lifestyle photo",
    "lifestyle shot",
    "in a lifestyle",
    "studio lighting",
    "natural light",
    "commercial photography",
    "golden hour",
    "8k resolution",
    "professional product photography",
    "seen from",
};

/* clang-format on */

static const char *const lead_phrases[] = {
    "photography of ", "photograph of ", "photo of ", "close-up of ", "picture of ", "image of "};

static const char *const filler_words[] = {"a", "an", "the", "with", "and", "in", "on", "of", "for", "my", "our", "new",
    "premium", "luxury", "pair", "professional", "product", "photography", "handmade", "artisan", "minimalist",
    "elegant", "beautiful", "modern", "studio", "against", "clean", "vintage", "wireless", "to", "from", "by", "at",
    "is", "made", "vegan", "matte", "glossy", "dark", "light", "pastel", "bright", "deep", "soft", "small", "large",
    "big", "noise", "cancelling", "canceling", "style", "set"};

const char *
product_category_name(enum product_category category)
{
	return category_names[category < PRODUCT_CATEGORY__COUNT ? category : PRODUCT_GENERIC];
}

/* Lower-cases ASCII; other bytes are separators enough, the tables are English. */
static void
words_split(const char *text, size_t len, struct word_list *list)
{
	list->n = 0;
	size_t used = 0;
	for (size_t i = 0; i <= len && list->n < WORDS_MAX; i++) {
		const unsigned char c = i < len ? (unsigned char)text[i] : ' ';
		if (isalnum(c) || (c == '-' && used > 0)) {
			if (used < WORD_SIZE - 1)
				list->at[list->n][used++] = (char)tolower(c);
			continue;
		}
		if (used > 0) {
			list->at[list->n][used] = '\0';
			list->stop[list->n++] = false;
			used = 0;
		}
		if ((c == ',' || c == '.' || c == ';') && list->n > 0)
			list->stop[list->n - 1] = true;
	}
}

/* The singular or plural of `entry`. */
static bool
word_is(const char *word, const char *entry)
{
	const size_t len = strlen(entry);
	if (strncmp(word, entry, len) != 0)
		return false;
	const char *rest = word + len;
	return rest[0] == '\0' || (rest[0] == 's' && rest[1] == '\0') ||
	       (rest[0] == 'e' && rest[1] == 's' && rest[2] == '\0');
}

static const char *
find_nocase(const char *text, const char *needle)
{
	const size_t len = strlen(needle);
	for (; *text != '\0'; text++) {
		size_t i = 0;
		while (i < len && tolower((unsigned char)text[i]) == needle[i])
			i++;
		if (i == len)
			return text;
	}
	return NULL;
}

static size_t
product_extent(const char **prompt)
{
	for (size_t i = 0; i < sizeof(lead_phrases) / sizeof(lead_phrases[0]); i++) {
		const char *lead = find_nocase(*prompt, lead_phrases[i]);
		if (lead != NULL) {
			*prompt = lead + strlen(lead_phrases[i]);
			break;
		}
	}
	size_t len = strlen(*prompt);
	for (size_t i = 0; i < sizeof(cut_phrases) / sizeof(cut_phrases[0]); i++) {
		const char *cut = find_nocase(*prompt, cut_phrases[i]);
		if (cut != NULL && cut > *prompt && (size_t)(cut - *prompt) < len)
			len = (size_t)(cut - *prompt);
	}
	return len;
}

/* The part a describing word at `i` speaks about: the first part noun within the next three words of the same clause.
 */
static enum product_part
part_described(const struct word_list *list, size_t i, enum product_part otherwise)
{
	for (size_t k = i; k < list->n && k < i + 4; k++) {
		for (size_t j = 0; k > i && j < sizeof(part_words) / sizeof(part_words[0]); j++)
			if (word_is(list->at[k], part_words[j].word))
				return part_words[j].part;
		if (k > i && (strcmp(list->at[k], "with") == 0 || strcmp(list->at[k], "on") == 0 ||
				 strcmp(list->at[k], "and") == 0))
			break;
		if (list->stop[k])
			break;
	}
	return otherwise;
}

static bool
after_on(const struct word_list *list, size_t i)
{
	for (size_t back = 1; back <= 3 && back <= i && !list->stop[i - back]; back++)
		if (strcmp(list->at[i - back], "on") == 0 || strcmp(list->at[i - back], "against") == 0)
			return true;
	return false;
}

static void
read_form(const struct word_list *list, struct product_words *words)
{
	int best = 0;
	for (size_t i = 0; i < list->n; i++) {
		for (size_t j = 0; j < sizeof(form_words) / sizeof(form_words[0]); j++) {
			if (!word_is(list->at[i], form_words[j].word) || form_words[j].weight <= best)
				continue;
			best = form_words[j].weight;
			words->form = form_words[j].form;
		}
	}
	words->category = form_category[words->form];
}

static void
read_ground(const struct word_list *list, size_t i, struct product_words *words)
{
	const bool on = after_on(list, i);
	if (part_described(list, i, PRODUCT_PART_MAIN) != PRODUCT_PART_GROUND && !on)
		return;
	for (size_t j = 0; j < sizeof(ground_words) / sizeof(ground_words[0]); j++) {
		if (!word_is(list->at[i], ground_words[j].word))
			continue;
		/* "black velvet", "white marble": the stuff says more than the colour before it */
		if (words->ground == PRODUCT_GROUND_NONE || ground_words[j].ground == PRODUCT_GROUND_MARBLE ||
		    ground_words[j].ground >= PRODUCT_GROUND_WOOD)
			words->ground = ground_words[j].ground;
	}
}

static uint32_t
rgb_mix(uint32_t rgb, uint32_t other, unsigned int percent)
{
	uint32_t mixed = 0;
	for (unsigned int shift = 0; shift < 24; shift += 8) {
		const uint32_t a = (rgb >> shift) & 255, b = (other >> shift) & 255;
		mixed |= ((a * (100 - percent) + b * percent) / 100) << shift;
	}
	return mixed;
}

/* "dark", "pastel" and the like before the colour, "blue" after "midnight". */
static uint32_t
colour_shaded(const struct word_list *list, size_t i, uint32_t rgb)
{
	if (i == 0 || list->stop[i - 1])
		return rgb;
	const char *before = list->at[i - 1];
	if (strcmp(before, "dark") == 0 || strcmp(before, "deep") == 0)
		return rgb_mix(rgb, 0x0c0c14, 48);
	if (strcmp(before, "light") == 0 || strcmp(before, "pale") == 0 || strcmp(before, "baby") == 0 ||
	    strcmp(before, "sky") == 0)
		return rgb_mix(rgb, 0xffffff, 48);
	if (strcmp(before, "pastel") == 0 || strcmp(before, "soft") == 0 || strcmp(before, "dusty") == 0)
		return rgb_mix(rgb, 0xece4e2, 50);
	if (strcmp(before, "forest") == 0 || strcmp(before, "bottle") == 0)
		return rgb_mix(rgb, 0x06140c, 50);
	return rgb;
}

/* -1 when the word names no colour; otherwise its row. The second word of a pair ("midnight blue", "olive green") is
 * skipped. */
static int
colour_row(const struct word_list *list, size_t i)
{
	static const char *const firsts[] = {"midnight", "olive", "navy", "rose", "emerald", "sage", "mint", "lime",
	    "charcoal", "chocolate", "sapphire", "coral", "cream", "ruby", "mustard", "sand", "burgundy", "graphite",
	    "champagne", "azure", "teal", "rust"};
	if (i > 0 && !list->stop[i - 1])
		for (size_t f = 0; f < sizeof(firsts) / sizeof(firsts[0]); f++)
			if (strcmp(list->at[i - 1], firsts[f]) == 0)
				return -1;
	for (size_t j = 0; j < sizeof(colour_words) / sizeof(colour_words[0]); j++)
		if (strcmp(list->at[i], colour_words[j].word) == 0)
			return (int)j;
	return -1;
}

static bool
names_flavour(const struct product_words *words, const char *word)
{
	return (words->category == PRODUCT_FOOD || words->category == PRODUCT_SKINCARE) &&
	       (strcmp(word, "cream") == 0 || strcmp(word, "rose") == 0 || strcmp(word, "orange") == 0 ||
		   strcmp(word, "peach") == 0 || strcmp(word, "mint") == 0 || strcmp(word, "chocolate") == 0 ||
		   strcmp(word, "lavender") == 0 || strcmp(word, "lime") == 0);
}

static void
read_colour(const struct word_list *list, size_t i, struct product_words *words)
{
	const int row = colour_row(list, i);
	if (row < 0)
		return;
	const enum product_part fallback = names_flavour(words, list->at[i]) ? PRODUCT_PART_CONTENT : PRODUCT_PART_MAIN;
	enum product_part part = part_described(list, i, fallback);
	if (part == PRODUCT_PART_MAIN && after_on(list, i))
		part = PRODUCT_PART_GROUND;
	if (part == PRODUCT_PART_MAIN && words->colour[PRODUCT_PART_MAIN].set)
		part = PRODUCT_PART_ACCENT;
	if (words->colour[part].set)
		return;
	words->colour[part] = (struct product_colour){true, colour_shaded(list, i, colour_words[row].rgb)};
	if (part == PRODUCT_PART_GROUND && words->ground == PRODUCT_GROUND_NONE)
		words->ground = PRODUCT_GROUND_COLOUR;
}

static void
read_content(const struct word_list *list, size_t i, struct product_words *words)
{
	if (words->colour[PRODUCT_PART_CONTENT].set)
		return;
	for (size_t j = 0; j < sizeof(content_words) / sizeof(content_words[0]); j++)
		if (word_is(list->at[i], content_words[j].word))
			words->colour[PRODUCT_PART_CONTENT] = (struct product_colour){true, content_words[j].rgb};
}

static void
read_material(const struct word_list *list, size_t i, struct product_words *words)
{
	for (size_t j = 0; j < sizeof(material_words) / sizeof(material_words[0]); j++) {
		if (strcmp(list->at[i], material_words[j].word) != 0)
			continue;
		const enum product_part part =
		    after_on(list, i) ? PRODUCT_PART_GROUND : part_described(list, i, PRODUCT_PART_MAIN);
		if (words->material[part] == PRODUCT_MATERIAL_NONE)
			words->material[part] = material_words[j].material;
	}
	if (strcmp(list->at[i], "matte") == 0 || strcmp(list->at[i], "matt") == 0)
		words->finish = PRODUCT_FINISH_MATTE;
	if (strcmp(list->at[i], "glossy") == 0 || strcmp(list->at[i], "shiny") == 0 ||
	    strcmp(list->at[i], "polished") == 0)
		words->finish = PRODUCT_FINISH_GLOSSY;
}

static bool
is_title_word(const struct word_list *list, size_t i)
{
	for (size_t j = 0; j < sizeof(filler_words) / sizeof(filler_words[0]); j++)
		if (strcmp(list->at[i], filler_words[j]) == 0)
			return false;
	for (size_t j = 0; j < sizeof(material_words) / sizeof(material_words[0]); j++)
		if (strcmp(list->at[i], material_words[j].word) == 0)
			return false;
	for (size_t j = 0; j < sizeof(content_words) / sizeof(content_words[0]); j++)
		if (word_is(list->at[i], content_words[j].word))
			return true;
	for (size_t j = 0; j < sizeof(colour_words) / sizeof(colour_words[0]); j++)
		if (strcmp(list->at[i], colour_words[j].word) == 0)
			return false;
	return true;
}

/* Up to two words before the first "with", "in" or "on": "strawberry jam", "tennis shoes". */
static void
read_title(const struct word_list *list, struct product_words *words)
{
	size_t used = 0, count = 0;
	for (size_t i = 0; i < list->n && count < 2; i++) {
		const char *word = list->at[i];
		const bool turn = strcmp(word, "with") == 0 || strcmp(word, "in") == 0 || strcmp(word, "on") == 0;
		if (turn && count > 0)
			break;
		const size_t len = strlen(word);
		if (turn || !is_title_word(list, i) || used + len + 2 > sizeof(words->title))
			continue;
		if (count++ > 0)
			words->title[used++] = ' ';
		memcpy(words->title + used, word, len);
		used += len;
		if (list->stop[i])
			break;
	}
	words->title[used] = '\0';
}

void
product_words_parse(const char *prompt, struct product_words *ret_words)
{
	struct product_words words = {0};
	struct word_list list;
	const char *text = prompt != NULL ? prompt : "";
	const size_t len = product_extent(&text);
	words_split(text, len, &list);
	read_form(&list, &words);
	for (size_t i = 0; i < list.n; i++) {
		read_ground(&list, i, &words);
		read_content(&list, i, &words);
		read_material(&list, i, &words);
	}
	for (size_t i = 0; i < list.n; i++)
		read_colour(&list, i, &words);
	read_title(&list, &words);
	*ret_words = words;
}
