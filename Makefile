# One quiet hand-written Makefile.  V=1 shows the commands, SAN=1 builds and
# tests under ASan and UBSan (in a tree of its own), WERROR=1 is for CI.

PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
MANDIR ?= $(PREFIX)/share/man
BASHCOMPDIR ?= $(PREFIX)/share/bash-completion/completions
ZSHCOMPDIR ?= $(PREFIX)/share/zsh/site-functions
FISHCOMPDIR ?= $(PREFIX)/share/fish/vendor_completions.d
PKG_CONFIG ?= pkg-config
CFLAGS ?= -O2 -g

BUILD ?= build
OUT := $(BUILD)/$(if $(SAN),san,plain)$(if $(CC:cc=),-$(notdir $(CC)))
Q := $(if $(V),,@)
SAY = @$(if $(V),:,printf '  %-5s %s\n')

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes \
	-Wmissing-prototypes -Wold-style-definition -Wpointer-arith \
	-Wwrite-strings -Wcast-qual -Wconversion -Wformat=2 -Wundef -Wvla \
	$(if $(WERROR),-Werror)
HARDEN := -fstack-protector-strong -fPIE -fno-common \
	$(if $(SAN),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer
SANFLAGS := $(if $(SAN),$(SANITIZE))
LIBS = $(shell $(PKG_CONFIG) --libs gnutls libbsd)
INCS = $(shell $(PKG_CONFIG) --cflags gnutls libbsd)
ALLCFLAGS = -std=c11 -D_GNU_SOURCE -Isrc -Itests $(INCS) $(WARN) $(HARDEN) \
	$(SANFLAGS) $(CFLAGS) -pthread
RELRO := -Wl,-z,relro,-z,now,-z,noexecstack,--as-needed
ALLLDFLAGS = -pie $(RELRO) $(SANFLAGS) $(LDFLAGS) -pthread

SRC := $(wildcard src/*/*.c)
OBJ := $(SRC:%.c=$(OUT)/%.o)
UNIT := $(patsubst tests/unit/%.c,$(OUT)/unit/%,$(wildcard tests/unit/*.c))
TLIB := $(patsubst %.c,$(OUT)/%.o,$(wildcard tests/lib/*.c))
HOST := $(patsubst %.c,$(OUT)/%.o,$(wildcard tests/smarthost/*.c))
TOOLS := $(patsubst tests/%.c,$(OUT)/tests/%,$(wildcard tests/tools/*.c))

all: $(OUT)/pneu

$(OUT)/%.o: %.c
	$(SAY) CC $<
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALLCFLAGS) -MMD -MP -c -o $@ $<

$(OUT)/libpneu.a: $(OBJ)
	$(SAY) AR $@
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(OUT)/pneu: $(OUT)/src/main.o $(OUT)/libpneu.a
	$(SAY) LD $@
	$(Q)$(CC) $(ALLLDFLAGS) -o $@ $^ $(LIBS)

# What tests share: the reader of talk files and the like.
$(OUT)/libtest.a: $(TLIB)
	$(SAY) AR $@
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(OUT)/smarthost: $(HOST) $(OUT)/libtest.a $(OUT)/libpneu.a
	$(SAY) LD $@
	$(Q)$(CC) $(ALLLDFLAGS) -o $@ $^ $(LIBS)

$(OUT)/unit/%: $(OUT)/tests/unit/%.o $(OUT)/libtest.a $(OUT)/libpneu.a
	$(SAY) LD $@
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALLLDFLAGS) -o $@ $^ -lcmocka $(LIBS)

$(OUT)/tests/tools/%: $(OUT)/tests/tools/%.o $(OUT)/libtest.a $(OUT)/libpneu.a
	$(SAY) LD $@
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALLLDFLAGS) -o $@ $^ $(LIBS)

unit: $(UNIT)
	$(Q)CMOCKA_MESSAGE_OUTPUT=TAP prove -e '' $(UNIT)

.PHONY: all unit clean
.SECONDARY:
clean:
	rm -rf $(BUILD)

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
