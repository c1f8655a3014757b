namespace Corpus.Nullability;

// Nullable members, elements, keys' values and results.
public sealed class Everything
{
    public string? A { get; set; }

    public List<string?>? B { get; set; }

    public Dictionary<string, List<int?>?> C { get; set; } = [];

    public (string?, int?)? D { get; set; }

    public Everything? Next { get; set; }
}

[TunnelService] public partial interface IEverything { Task<Everything> GetAsync(); Task<Everything?> MaybeAsync(); }

[TunnelService] public partial interface IResults { Task<string?> TextAsync(); Task<int?[]?> NumbersAsync(); Task<List<string?>?> ListAsync(); }

// A nullable and a non-nullable construction of the same type.
public sealed record Pair<T>(T First, T Second);

[TunnelService] public partial interface IPairs { Task<Pair<string>> GetAsync(); Task<List<Pair<string?>>> NullableAsync(); }

// Attributes that the compiler uses for null.
public sealed class Annotated
{
    [System.Diagnostics.CodeAnalysis.AllowNull]
    public string Text { get => _text; set => _text = value ?? ""; }

    private string _text = "";

    [System.Diagnostics.CodeAnalysis.MaybeNull]
    public string Other { get; set; }
}

[TunnelService] public partial interface IAnnotated { Task<Annotated> GetAsync(); }

#nullable disable

// Without annotations null is allowed.
public sealed class Oblivious
{
    public string Text { get; set; }

    public List<string> Lines { get; set; }

    public int? Number { get; set; }

    public Oblivious Next { get; set; }
}

[TunnelService] public partial interface IOblivious { Task<Oblivious> GetAsync(); Task<Oblivious[]> ListAsync(); }

#nullable enable

// A contract with annotations that uses a type without.
[TunnelService] public partial interface IMixed { Task<Dictionary<string, Oblivious>> GetAsync(); }

public static class Values
{
    public static Everything Everything => new()
    {
        A = "a",
        B = ["b", null],
        C = new() { ["x"] = [1, null], ["y"] = null },
        D = ("d", null),
        Next = new(),
    };

    public static string? Text => "t";

    public static int?[]? Numbers => [1, null];

    public static List<string?>? List => ["a", null];

    public static Pair<string> Pair => new("a", "b");

    public static List<Pair<string?>> Pairs => [new("a", null), new(null, "b")];

    public static Annotated Annotated => new() { Text = "t", Other = "o" };

    public static Oblivious Oblivious => new() { Text = "t", Lines = ["l", null!], Number = 1, Next = new Oblivious() };

    public static Oblivious[] Array => [Oblivious, null!];

    public static Dictionary<string, Oblivious> Map => new() { ["a"] = Oblivious };
}
