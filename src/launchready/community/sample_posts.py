"""The words of the sample community: invented people, ordinary balconies."""

from __future__ import annotations

CIRCLES = (
    ("doorstep", "Doorstep", "Say hello, ask anything, read along as a guest.", ""),
    (
        "beans",
        "Beans",
        "Everything that climbs: beans, peas, sweet peas, and what holds them.",
        "willow",
    ),
    ("herbs", "Herbs", "Pots beside the kitchen door, from basil to winter savory.", "willow"),
    ("tomatoes", "Tomatoes", "Small ones, late ones, split ones.", "willow"),
    ("water", "Water and soil", "Rain barrels, drainage, compost on four square metres.", "willow"),
)
"""Slug, name, what it is about, and the plan that opens it."""

PEOPLE = (
    ("Marit", "North side, fourth floor. Ferns, mint and patience."),
    ("Oskar", "Sun from noon to six and far too many tomatoes."),
    ("Ines", "Three window boxes and a lemon tree that has moved house twice."),
    ("Tavo", "Grows beans on whatever stands still."),
    ("Lene", "Collects rain and keeps a diary of it."),
    ("Bram", "Started in spring. Asks before watering now."),
)
"""Name and what they say about themselves."""

POSTS = (
    ("doorstep", 0, "Hello from the fourth floor",
     "I have two metres of railing that face north. Ferns are happy, everything else negotiates. What do you grow where the sun never comes?"),
    ("doorstep", 5, "First spring, first mistakes",
     "I watered the rosemary every day and it went brown from the bottom. Now it stands dry for a week at a time and there are new tips. I pass this on so that nobody repeats it."),
    ("beans", 3, "Beans that climb without a trellis",
     "Runner beans took a sheet of old curtain net within two weeks. Tie it at the top and let the bottom hang free, so that wind moves it instead of tearing it."),
    ("herbs", 2, "Basil sulks after repotting",
     "It drops leaves for four or five days and then starts again. Keep it out of wind, water from below, and do not feed it until you see new leaves."),
    ("tomatoes", 1, "Why small tomatoes split",
     "Dry for three days and then a full can of water: the skin cannot follow. A little every morning ended it for me. Mulch from dry grass helps on hot days."),
    ("water", 4, "Rain barrels on the fourth floor",
     "Sixty litres weigh more than most balconies like at one spot. I use three slim cans along the wall, joined by a hose. Ask your landlord how much the slab carries before you buy anything."),
    ("beans", 1, "Peas in a bag of soil",
     "No pot at all: a bag of soil on its side, six holes, peas in a row. It looks odd until June, and then you no longer see the bag."),
    ("herbs", 0, "Mint belongs alone",
     "Mint in a shared box is a box of mint. Give it a pot of its own with a saucer, half shade, and cut it back hard in July."),
    ("doorstep", 2, "Moving a fig through a stairwell",
     "Wrap the crown in an old sheet, tie the branches upwards from below, and carry it roots first. Two people, one of them walking backwards and talking."),
    ("tomatoes", 5, "Leaves curl at noon",
     "They roll up when the sun is high and open in the evening. The guide told me that it is heat and not thirst, and after two days of waiting I agree."),
    ("water", 0, "Drainage in window boxes",
     "A finger of expanded clay, a piece of fleece, then soil. Without the fleece the clay is full of soil after one summer and drains nothing."),
    ("beans", 3, "When to stop picking",
     "Leave the last pods of two plants until they rattle. Dry them in paper, not in a jar. That is the seed post for next spring."),
    ("herbs", 4, "Aphids on chives",
     "A hard spray of water in the morning, three days in a row, then ladybirds did the rest. No soap needed."),
    ("tomatoes", 1, "Green tomatoes in October",
     "Pick them before the first night below five degrees and lay them beside an apple in a closed drawer. Most were red within ten days."),
    ("water", 4, "Compost on four square metres",
     "A lidded bucket with holes, kitchen peel and torn egg boxes in turns. It does not smell as long as it is never wet. Worms are welcome but not needed."),
    ("doorstep", 3, "What the neighbours said",
     "Nothing, until the beans reached their railing. Then they asked for a handful, and now there is a second net."),
    ("herbs", 2, "The lemon tree lives inside now",
     "From the first cold night until April: bright, cool, and hardly any water. Last winter I was too kind and it lost half its leaves."),
    ("beans", 5, "Slugs found the fourth floor",
     "They came with a tray of lettuce. I look under the pots with a lamp each evening and carry them down. After a week there were none."),
    ("tomatoes", 0, "A variety for shade",
     "No tomato likes shade, but a small yellow one gave me a bowl of fruit on four hours of light. Seed goes into the seed post."),
    ("water", 1, "Holiday watering",
     "A bucket above, wool strings into each pot, tested for a weekend first. Ten days went well with twenty litres and a sheet over the box."),
    ("doorstep", 4, "Evening on the first of the month",
     "We talk about light this time: what four hours really are, and how to count them with a pencil and a sheet of paper."),
    ("herbs", 3, "Parsley takes its time",
     "Three weeks until anything shows. Soak the seed overnight in warm water and mark the row, or you will sow something else on top."),
    ("beans", 2, "Sweet peas on the kitchen side",
     "Cut every second flower and it goes on until September. They mind wind more than cold."),
    ("water", 5, "How heavy is wet soil",
     "A box of eighty centimetres weighs about thirty kilos after rain. I moved two of mine to the wall side and sleep better."),
)  # fmt: skip
"""Circle, number of its author, title and body; the oldest first."""

COMMENTS = (
    (0, 2, "Heuchera, and a hosta in the corner that the slugs cannot find."),
    (0, 4, "Woodruff. It asks for nothing and smells of May."),
    (1, 1, "Everybody drowns a rosemary once."),
    (2, 4, "The net worked here, too. Mine faces east."),
    (2, 5, "How far apart do you sow them?"),
    (2, 3, "A hand's width, two seeds in each hole."),
    (4, 0, "Mulch made the difference for me."),
    (5, 1, "Thank you for the weights. I had not thought of that."),
    (8, 5, "Roots first is the part that I got wrong."),
    (13, 2, "An apple. I would never have believed it."),
    (19, 0, "Wool works; cotton rots after a week."),
    (20, 3, "I will bring the pencil."),
)
"""Number of the post, number of the author, and what they answer."""
