namespace Corpus.Tuples;

[TunnelService] public partial interface INamed { Task<(int Id, string Name)> GetAsync(); Task<(int, string)[]> ListAsync(); }

[TunnelService] public partial interface INested { Task<((int A, int B) Left, (string, (bool, char)) Right)> GetAsync(); }

[TunnelService] public partial interface ILong { Task<(int, int, int, int, int, int, int, string)> EightAsync(); Task<(int, int, int, int, int, int, int, int, int, int, int, int, int, int, int, string)> SixteenAsync(); }

[TunnelService] public partial interface IClasses { Task<Tuple<int>> OneAsync(); Task<Tuple<int, string, Tuple<bool>>> ThreeAsync(); Task<Tuple<int, int, int, int, int, int, int, Tuple<string>>> EightAsync(); }

[TunnelService] public partial interface ISingle { Task<ValueTuple<int>> GetAsync(); }

[TunnelService] public partial interface IPairs { Task<KeyValuePair<string, int>> GetAsync(); Task<List<KeyValuePair<int, string?>>> ListAsync(); }

[TunnelService] public partial interface INullable { Task<(int, string?)?> GetAsync(); Task<Tuple<int, string?>?> ClassAsync(); }

public sealed class Holder
{
    public (double Latitude, double Longitude) Position { get; set; }

    public List<(string Key, int[] Values)> Rows { get; set; } = [];

    public Dictionary<string, (Holder? Inner, int Depth)> Children { get; init; } = [];
}

[TunnelService] public partial interface IHolders { Task<Holder> GetAsync((int From, int To) range, (string, string)? filter = null); }

public static class Values
{
    public static (int Id, string Name) Named => (1, "a");

    public static (int, string)[] Array => [(1, "a"), (2, "b")];

    public static ((int A, int B) Left, (string, (bool, char)) Right) Nested => ((1, 2), ("c", (true, 'd')));

    public static (int, int, int, int, int, int, int, string) Eight => (1, 2, 3, 4, 5, 6, 7, "8");

    public static (int, int, int, int, int, int, int, int, int, int, int, int, int, int, int, string) Sixteen =>
        (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, "16");

    public static Tuple<int> One => new(1);

    public static Tuple<int, string, Tuple<bool>> Three => new(1, "b", new(true));

    public static Tuple<int, int, int, int, int, int, int, Tuple<string>> EightClass => new(1, 2, 3, 4, 5, 6, 7, new("8"));

    public static ValueTuple<int> Single => new(5);

    public static KeyValuePair<string, int> Pair => new("a", 1);

    public static List<KeyValuePair<int, string?>> Pairs => [new(1, null), new(2, "b")];

    public static (int, string?)? Nullable => (1, "a");

    public static Tuple<int, string?>? NullableClass => new(1, "a");

    public static Holder Holder => new()
    {
        Position = (1.5, -2.5),
        Rows = [("a", [1, 2])],
        Children = new() { ["c"] = (new Holder(), 1) },
    };
}
