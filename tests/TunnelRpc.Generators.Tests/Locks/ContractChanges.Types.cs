using TunnelRpc.Generators.Locks;

namespace TunnelRpc.Generators.Tests.Locks;

/// <summary>The changes of types.</summary>
internal static partial class ContractChanges
{
    private const string Shapes = """
        public sealed record Circle(int Size) : Shape;
        public sealed record Square(int Size) : Shape;
        """;

    private static readonly ContractChange[] Types =
    [
        new("a parameter is retyped", LockGrade.Break, Sends("int", "5"), Sends("string", "\"5\""), Refused, Refused),
        new("a parameter is widened", LockGrade.Addition, Sends("int", "5"), Sends("long", "5000000000"), "got 5", Refused),
        new("a parameter is narrowed", LockGrade.Break, Sends("long", "5000000000"), Sends("int", "5"), Refused, "got 5"),
        new("a result is widened", LockGrade.Surprise, Returns("int", "5"), Returns("long", "5000000000"), Undecoded, "got 5"),
        new("a result is narrowed", LockGrade.Break, Returns("long", "5000000000"), Returns("int", "5"), "got 5", Undecoded),
        new(
            "`float` becomes `double`, in a parameter",
            LockGrade.Addition,
            Sends("float", "1.5F"),
            Sends("double", "2.5"),
            "got 1.5",
            "got 2.5"),
        new(
            "`int` becomes `double`",
            LockGrade.Break,
            Sends("int", "5"),
            Sends("double", "2.5"),
            "got 5",
            Refused),
        new(
            "`Guid` becomes `string`, in a parameter",
            LockGrade.Surprise,
            Sends("Guid", "Guid.Empty"),
            Sends("string", "\"five\""),
            "got 0000",
            Refused),
        new(
            "a list becomes an array",
            null,
            Sends("List<int>", "new() { 5, 5 }", "value.Count"),
            Sends("int[]", "new[] { 5, 5 }", "value.Length"),
            "got 2",
            "got 2"),
        new(
            "an array becomes a set",
            LockGrade.Surprise,
            Sends("int[]", "new[] { 5, 5 }", "value.Length"),
            Sends("HashSet<int>", "new() { 5 }", "value.Count"),
            "got 1",
            "got 1"),
        new(
            "an array becomes a map",
            LockGrade.Break,
            Sends("int[]", "new[] { 5 }", "value.Length"),
            Sends("Dictionary<int, int>", "new() { [5] = 5 }", "value.Count"),
            Refused,
            Refused),
        new(
            "a nullable parameter becomes non-nullable",
            LockGrade.Break,
            Sends("string?", "null", "value ?? \"null\""),
            Sends("string", "\"five\""),
            Refused,
            "got five"),
        new(
            "a non-nullable parameter becomes nullable",
            LockGrade.Addition,
            Sends("string", "\"five\""),
            Sends("string?", "null", "value ?? \"null\""),
            "got five",
            Refused),
        new(
            "a nullable result becomes non-nullable",
            LockGrade.Break,
            Returns("string?", "null", "value ?? \"null\""),
            Returns("string", "\"five\""),
            "got five",
            Undecoded),
        new(
            "a non-nullable result becomes nullable",
            LockGrade.Surprise,
            Returns("string", "\"five\""),
            Returns("string?", "null", "value ?? \"null\""),
            Undecoded,
            "got five"),
        new(
            "a result is added",
            LockGrade.Break,
            new("Task GetAsync();", "public Task GetAsync() => Task.CompletedTask;", "await contract.GetAsync(); return \"got nothing\";"),
            Returns("int", "5"),
            Undecoded,
            Undecoded),
        Job("a member is added", LockGrade.Addition, "int A", "int A, int B = 9", "new(5)", "new(5, 6)", "got 5", "got 5"),
        Job(
            "a required member is added",
            LockGrade.Break,
            "string A",
            "string A, string B",
            "new(\"5\")",
            "new(\"5\", \"6\")",
            Refused,
            "got 5"),
        Job("a member is removed", LockGrade.Break, "int A, int B = 9", "int A", "new(5, 6)", "new(5)", "got 5", "got 5"),
        Job(
            "a required member is removed",
            LockGrade.Break,
            "string A, string B",
            "string A",
            "new(\"5\", \"6\")",
            "new(\"5\")",
            "got 5",
            Refused),
        Job(
            "a member is renamed",
            LockGrade.Break,
            "int Number",
            "int A",
            "new(5)",
            "new(5)",
            "got 0",
            "got 0",
            oldShow: "value.Number"),
        Job(
            "a member is renamed, `[TunnelMember]` keeps the key",
            null,
            "int Number",
            "[property: TunnelMember(\"Number\")] int A",
            "new(5)",
            "new(5)",
            "got 5",
            "got 5",
            oldShow: "value.Number"),
        Job("members are reordered, in a map", null, "int A, int B", "int B, int A", "new(5, 6)", "new(6, 5)", "got 5", "got 5"),
        Job("a member is retyped", LockGrade.Break, "int A", "string A", "new(5)", "new(\"5\")", Refused, Refused),
        Job("a member is widened, in a parameter", LockGrade.Addition, "int A", "long A", "new(5)", "new(5)", "got 5", "got 5"),
        Job(
            "a map becomes an array",
            LockGrade.Break,
            "int A",
            "[property: TunnelMember(0)] int A",
            "new(5)",
            "new(5)",
            Refused,
            Refused),
        Job(
            "the indexes of two members are swapped",
            LockGrade.Break,
            "[property: TunnelMember(0)] int A, [property: TunnelMember(1)] int B",
            "[property: TunnelMember(1)] int A, [property: TunnelMember(0)] int B",
            "new(5, 6)",
            "new(5, 6)",
            "got 6",
            "got 6"),
        new(
            "a type is renamed",
            LockGrade.Addition,
            Sends("Job", "new(5)", "value.A") with { Types = "public sealed record Job(int A);" },
            Sends("Work", "new(5)", "value.A") with { Types = "public sealed record Work(int A);" },
            "got 5",
            "got 5"),
        Enum("a value is added to an enum, in a result", LockGrade.Surprise, false, "A, B", "A, B, C", "B", "C", "got 2", "got B"),
        Enum("a value is added to an enum, in a parameter", LockGrade.Addition, true, "A, B", "A, B, C", "B", "C", "got B", "got 2"),
        Enum("the number of an enum value is changed", LockGrade.Break, true, "A, B", "B, A", "A", "A", "got B", "got B"),
        Enum("a value of an enum is removed", LockGrade.Surprise, true, "A, B", "A", "B", "A", "got 1", "got A"),
        Enum("a value of an enum is renamed", LockGrade.Surprise, true, "A, B", "A, C", "B", "C", "got C", "got B"),
        new(
            "the numbers of an enum are widened, in a parameter",
            LockGrade.Addition,
            Sends("Kind", "Kind.A") with { Types = "public enum Kind : byte { A }" },
            Sends("Kind", "Kind.A") with { Types = "public enum Kind { A }" },
            "got A",
            "got A"),
        Union(
            "a case is added to a union, in a result",
            LockGrade.Surprise,
            false,
            "[TunnelUnion(0, typeof(Circle))]",
            "[TunnelUnion(0, typeof(Circle)), TunnelUnion(1, typeof(Square))]",
            "new Circle(5)",
            "new Square(5)",
            Undecoded,
            "got Circle"),
        Union(
            "a case is added to a union, in a parameter",
            LockGrade.Addition,
            true,
            "[TunnelUnion(0, typeof(Circle))]",
            "[TunnelUnion(0, typeof(Circle)), TunnelUnion(1, typeof(Square))]",
            "new Circle(5)",
            "new Square(5)",
            "got Circle",
            Refused),
        Union(
            "a case of a union is removed",
            LockGrade.Break,
            true,
            "[TunnelUnion(0, typeof(Circle)), TunnelUnion(1, typeof(Square))]",
            "[TunnelUnion(0, typeof(Circle))]",
            "new Square(5)",
            "new Circle(5)",
            Refused,
            "got Circle"),
        Union(
            "the tags of two cases are swapped",
            LockGrade.Break,
            true,
            "[TunnelUnion(0, typeof(Circle)), TunnelUnion(1, typeof(Square))]",
            "[TunnelUnion(1, typeof(Circle)), TunnelUnion(0, typeof(Square))]",
            "new Circle(5)",
            "new Circle(5)",
            "got Square",
            "got Square"),
    ];

    /// <summary>All changes.</summary>
    public static IEnumerable<ContractChange> All => Methods.Concat(Types);

    /// <summary>A contract whose client sends a value.</summary>
    private static ContractVersion Sends(string type, string value, string show = "value") => new(
        $"Task<string> PutAsync({type} value);",
        $"public Task<string> PutAsync({type} value) => Task.FromResult(FormattableString.Invariant($\"got {{{show}}}\"));",
        $"return await contract.PutAsync({value});");

    /// <summary>A contract whose server returns a value.</summary>
    private static ContractVersion Returns(string type, string value, string show = "value") => new(
        $"Task<{type}> GetAsync();",
        $"public Task<{type}> GetAsync() => Task.FromResult<{type}>({value});",
        $"{type} value = await contract.GetAsync(); return $\"got {{{show}}}\";");

    private static ContractVersion Passes(bool sends, string type, string value) => sends ? Sends(type, value) : Returns(type, value);

    private static ContractChange Job(
        string name,
        LockGrade? grade,
        string oldMembers,
        string newMembers,
        string oldValue,
        string newValue,
        string oldClient,
        string newClient,
        string oldShow = "value.A") => new(
        name,
        grade,
        Sends("Job", oldValue, oldShow) with { Types = $"public sealed record Job({oldMembers});" },
        Sends("Job", newValue, "value.A") with { Types = $"public sealed record Job({newMembers});" },
        oldClient,
        newClient);

    private static ContractChange Enum(
        string name,
        LockGrade grade,
        bool sends,
        string oldValues,
        string newValues,
        string oldValue,
        string newValue,
        string oldClient,
        string newClient) => new(
        name,
        grade,
        Passes(sends, "Kind", "Kind." + oldValue) with { Types = $"public enum Kind {{ {oldValues} }}" },
        Passes(sends, "Kind", "Kind." + newValue) with { Types = $"public enum Kind {{ {newValues} }}" },
        oldClient,
        newClient);

    private static ContractChange Union(
        string name,
        LockGrade grade,
        bool sends,
        string oldCases,
        string newCases,
        string oldValue,
        string newValue,
        string oldClient,
        string newClient) => new(
        name,
        grade,
        Passes(sends, "Shape", oldValue) with { Types = $"{oldCases} public abstract record Shape; {Shapes}" },
        Passes(sends, "Shape", newValue) with { Types = $"{newCases} public abstract record Shape; {Shapes}" },
        oldClient,
        newClient);
}
