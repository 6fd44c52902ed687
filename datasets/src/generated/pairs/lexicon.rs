//! The words of the two languages.

/// The gender of a noun in the translation.
#[derive(Clone, Copy)]
pub(super) enum Gender {
    Masculine,
    Feminine,
}

/// What a verb is done to.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Animal,
    Thing,
}

/// A noun in English, and its stem in the translation.
pub(super) struct Noun {
    pub(super) singular: &'static str,
    pub(super) plural: &'static str,
    pub(super) stem: &'static str,
    pub(super) gender: Gender,
}

/// A verb in English, and its stem in the translation.
pub(super) struct Verb {
    pub(super) singular: &'static str,
    pub(super) plural: &'static str,
    pub(super) past: &'static str,
    pub(super) stem: &'static str,
    pub(super) takes: Kind,
}

const fn he(singular: &'static str, plural: &'static str, stem: &'static str) -> Noun {
    let gender = Gender::Masculine;
    Noun {
        singular,
        plural,
        stem,
        gender,
    }
}

const fn she(singular: &'static str, plural: &'static str, stem: &'static str) -> Noun {
    let gender = Gender::Feminine;
    Noun {
        singular,
        plural,
        stem,
        gender,
    }
}

const fn verb([singular, plural, past, stem]: [&'static str; 4], takes: Kind) -> Verb {
    Verb {
        singular,
        plural,
        past,
        stem,
        takes,
    }
}

pub(super) const PEOPLE: &[Noun] = &[
    he("farmer", "farmers", "agrel"),
    he("baker", "bakers", "panest"),
    he("child", "children", "filt"),
    he("king", "kings", "regon"),
    he("man", "men", "vird"),
    she("doctor", "doctors", "medik"),
    she("teacher", "teachers", "dokt"),
    she("woman", "women", "fem"),
    she("painter", "painters", "pintar"),
    she("sailor", "sailors", "nauv"),
];

pub(super) const ANIMALS: &[Noun] = &[
    he("dog", "dogs", "kand"),
    he("horse", "horses", "kabal"),
    he("fox", "foxes", "vulp"),
    he("wolf", "wolves", "lup"),
    she("cat", "cats", "felm"),
    she("cow", "cows", "vak"),
    she("hen", "hens", "galn"),
    she("goose", "geese", "ansr"),
];

pub(super) const THINGS: &[Noun] = &[
    he("apple", "apples", "pomel"),
    he("book", "books", "libr"),
    he("knife", "knives", "kultr"),
    he("hat", "hats", "kapel"),
    he("wheel", "wheels", "rotor"),
    she("box", "boxes", "kist"),
    she("chair", "chairs", "sedi"),
    she("letter", "letters", "epistl"),
    she("lamp", "lamps", "lumn"),
    she("key", "keys", "klav"),
];

pub(super) const PLACES: &[Noun] = &[
    he("garden", "gardens", "hortan"),
    he("forest", "forests", "silvor"),
    he("market", "markets", "forel"),
    she("house", "houses", "domv"),
    she("street", "streets", "strad"),
    she("village", "villages", "vilk"),
];

/// The same English words twice, by [`Kind`]: as animals, and as things.
pub(super) const AMBIGUOUS: [[Noun; 4]; 2] = [
    [
        he("bat", "bats", "noktur"),
        she("crane", "cranes", "grund"),
        he("seal", "seals", "fokar"),
        she("mouse", "mice", "topin"),
    ],
    [
        she("bat", "bats", "klapt"),
        he("crane", "cranes", "hisel"),
        she("seal", "seals", "sigl"),
        he("mouse", "mice", "klikor"),
    ],
];

pub(super) const VERBS: [Verb; 12] = [
    verb(["feeds", "feed", "fed", "nutr"], Kind::Animal),
    verb(["follows", "follow", "followed", "sekv"], Kind::Animal),
    verb(["hears", "hear", "heard", "audel"], Kind::Animal),
    verb(["wakes", "wake", "woke", "vigl"], Kind::Animal),
    verb(["hunts", "hunt", "hunted", "kacen"], Kind::Animal),
    verb(["tames", "tame", "tamed", "domtr"], Kind::Animal),
    verb(["paints", "paint", "painted", "kolor"], Kind::Thing),
    verb(["repairs", "repair", "repaired", "reparn"], Kind::Thing),
    verb(["sells", "sell", "sold", "vendr"], Kind::Thing),
    verb(["lifts", "lift", "lifted", "levn"], Kind::Thing),
    verb(["breaks", "break", "broke", "fraksel"], Kind::Thing),
    verb(["borrows", "borrow", "borrowed", "prestr"], Kind::Thing),
];

/// In English, and as stems of the translation.
pub(super) const ADJECTIVES: [(&str, &str); 12] = [
    ("big", "gran"),
    ("small", "pikol"),
    ("old", "vetr"),
    ("young", "junt"),
    ("red", "rubr"),
    ("green", "verdel"),
    ("white", "blank"),
    ("happy", "felis"),
    ("sad", "tristel"),
    ("heavy", "grav"),
    ("ugly", "laid"),
    ("strange", "estrun"),
];

pub(super) const NUMERALS: [(&str, &str); 4] = [
    ("two", "du"),
    ("three", "tri"),
    ("four", "kvar"),
    ("many", "mult"),
];

pub(super) const PREPOSITIONS: [&str; 2] = ["in", "near"];
