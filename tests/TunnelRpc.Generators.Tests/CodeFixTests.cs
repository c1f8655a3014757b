using TunnelRpc.Generators.Analysis;
using TunnelRpc.Generators.CodeFixes;
using TunnelRpc.Generators.Tests.Analyzers;
using Xunit;

namespace TunnelRpc.Generators.Tests;

/// <summary>Tests that each code fix removes the errors of a contract, one at a time and all at once, and changes nothing else.</summary>
public sealed class CodeFixTests
{
    private const string Keep = "[TunnelService] public partial interface IKeeper { Task KeepAsync(Kept value); } ";

    [Theory]
    [InlineData("[TunnelService] public interface {|TRPC0001:IA|} { }", "[TunnelService] public partial interface IA { }")]
    [InlineData(
        "// Mine.\n[TunnelService]\ninterface {|TRPC0001:IA|}\n{\n}\n",
        "// Mine.\n[TunnelService]\npartial interface IA\n{\n}\n")]
    [InlineData(
        "class Outer { public struct Inner { [TunnelService] internal interface {|TRPC0001:{|TRPC0002:{|TRPC0002:IA|}|}|} { } } }",
        "partial class Outer { public partial struct Inner { [TunnelService] internal partial interface IA { } } }")]
    [InlineData(
        "class Outer { [TunnelService] public partial interface {|TRPC0002:IA|} { } }",
        "partial class Outer { [TunnelService] public partial interface IA { } }")]
    public Task Contract_is_made_partial(string source, string corrected) =>
        RuleVerifier.VerifyFixAsync<ContractAnalyzer, MakePartialCodeFix>(source, corrected);

    [Theory]
    [InlineData(
        "Task FindAsync(int id); Task {|TRPC0104:FindAsync|}(string name);",
        "Task FindAsync(int id); [TunnelMethod(Name = \"FindByName\")] Task FindAsync(string name);")]
    [InlineData(
        "Task FindAsync(int id); Task {|TRPC0104:FindAsync|}(string id); Task {|TRPC0104:FindAsync|}(long id, int max);",
        "Task FindAsync(int id); [TunnelMethod(Name = \"FindById\")] Task FindAsync(string id); "
            + "[TunnelMethod(Name = \"FindByIdAndMax\")] Task FindAsync(long id, int max);")]
    [InlineData(
        "Task FindAsync(int id); Task {|TRPC0104:FindAsync|}(string id); Task {|TRPC0104:FindAsync|}(long id);",
        "Task FindAsync(int id); [TunnelMethod(Name = \"FindById\")] Task FindAsync(string id); "
            + "[TunnelMethod(Name = \"FindByInt64Id\")] Task FindAsync(long id);")]
    [InlineData(
        "Task Go(int id); Task Go2(); Task {|TRPC0104:Go|}(CancellationToken token = default);",
        "Task Go(int id); Task Go2(); [TunnelMethod(Name = \"Go3\")] Task Go(CancellationToken token = default);")]
    [InlineData(
        "\n    Task FindAsync(int id);\n\n    // Mine.\n    [Idempotent]\n    Task {|TRPC0104:FindAsync|}(string name); // By name.\n",
        "\n    Task FindAsync(int id);\n\n    // Mine.\n    [TunnelMethod(Name = \"FindByName\")]\n    [Idempotent]\n"
            + "    Task FindAsync(string name); // By name.\n")]
    public Task Overload_gets_a_name_on_the_wire(string methods, string corrected) => VerifyMethodsAsync<NameMethodCodeFix>(methods, corrected);

    [Theory]
    [InlineData("int {|TRPC0103:A|}();", "Task<int> A();", null)]
    [InlineData("int {|TRPC0103:A|}();", "ValueTask<int> A();", "ValueTask")]
    [InlineData("List<string?>? {|TRPC0103:A|}(int a);", "Task<List<string?>?> A(int a);", null)]
    [InlineData("\n    /* Mine. */\n    void {|TRPC0103:A|}(); // End.\n", "\n    /* Mine. */\n    Task A(); // End.\n", null)]
    [InlineData("void {|TRPC0103:A|}(); int {|TRPC0103:B|}();", "Task A(); Task<int> B();", "Task")]
    [InlineData("\n    // Mine.\n    void {|TRPC0103:A|}();\n", "\n    // Mine.\n    [OneWay]\n    ValueTask A();\n", "OneWay")]
    [InlineData("void {|TRPC0103:A|}();", "[OneWay] ValueTask A();", "OneWay")]
    public Task Method_is_made_asynchronous(string methods, string corrected, string? key) =>
        VerifyMethodsAsync<ReturnTaskCodeFix>(methods, corrected, key);

    [Theory]
    [InlineData("Task A(ref int {|TRPC0201:a|});", "Task A(int a);")]
    [InlineData("Task A(int a, /* Mine. */ in int {|TRPC0201:b|});", "Task A(int a, /* Mine. */ int b);")]
    [InlineData("Task A(ref readonly int {|TRPC0201:a|}, out int {|TRPC0201:b|});", "Task A(int a, int b);")]
    public Task Parameter_is_passed_by_value(string methods, string corrected) => VerifyMethodsAsync<PassByValueCodeFix>(methods, corrected);

    [Theory]
    [InlineData("public int {|TRPC0209:A|} { get; }", "public int A { get; init; }", null)]
    [InlineData("public int {|TRPC0209:A|} { get; }", "public int A { get; set; }", "set")]
    [InlineData(
        "\n    public List<int> {|TRPC0209:A|} { get; } = []; // Mine.\n", "\n    public List<int> A { get; init; } = []; // Mine.\n", null)]
    [InlineData("public int {|TRPC0209:A|} { get; private set; }", "public int A { get; set; }", null)]
    [InlineData("public int {|TRPC0209:A|} { get; protected init; }", "public int A { get; init; }", null)]
    [InlineData("public readonly int {|TRPC0209:A|} = 4;", "public int A = 4;", null)]
    [InlineData(
        "\n    public int {|TRPC0209:A|}\n    {\n        get;\n    }\n",
        "\n    public int A\n    {\n        get;\n        init;\n    }\n",
        null)]
    [InlineData(
        "public int {|TRPC0209:A|} { get; } public int {|TRPC0209:B|} { get; private set; }",
        "public int A { get; init; } public int B { get; set; }",
        "init")]
    public Task Member_is_made_settable(string members, string corrected, string? key) =>
        RuleVerifier.VerifyFixAsync<ContractAnalyzer, MakeSettableCodeFix>(
            $"{Keep}public class Kept {Braced(members)}", $"{Keep}public class Kept {Braced(corrected)}", key);

    [Fact]
    public Task Member_of_a_readonly_struct_gets_init_only() => RuleVerifier.VerifyFixAsync<ContractAnalyzer, MakeSettableCodeFix>(
        Keep + "public readonly struct Kept { public int {|TRPC0209:A|} { get; } }",
        Keep + "public readonly struct Kept { public int A { get; init; } }");

    [Theory]
    [InlineData("public int {|TRPC0209:A|} { get; }", "[TunnelIgnore] public int A { get; }")]
    [InlineData(
        "\n    // Mine.\n    private int {|TRPC0212:_a|};\n    public int Next() => ++_a;\n",
        "\n    // Mine.\n    [TunnelIgnore]\n    private int _a;\n    public int Next() => ++_a;\n")]
    [InlineData("internal int {|TRPC0212:A|} { get; set; }", "[TunnelIgnore] internal int A { get; set; }")]
    [InlineData(
        "public int {|TRPC0209:A|} { get; } public int {|TRPC0209:B|} { get; }",
        "[TunnelIgnore] public int A { get; } [TunnelIgnore] public int B { get; }")]
    public Task State_is_excluded(string members, string corrected) =>
        RuleVerifier.VerifyFixAsync<ContractAnalyzer, IgnoreMemberCodeFix>(
            $"{Keep}public class Kept {Braced(members)}", $"{Keep}public class Kept {Braced(corrected)}");

    [Theory]
    [InlineData("public object? {|TRPC0204:A|} { get; set; }", "[TunnelIgnore] public object? A { get; set; }")]
    [InlineData("public List<Action> {|TRPC0204:A|} = [];", "[TunnelIgnore] public List<Action> A = [];")]
    [InlineData("public CancellationToken {|TRPC0203:A|} { get; set; }", "[TunnelIgnore] public CancellationToken A { get; set; }")]
    public Task Member_of_an_unsupported_type_is_excluded(string members, string corrected) =>
        RuleVerifier.VerifyFixAsync<ContractAnalyzer, IgnoreMemberCodeFix>(
            $"{Keep}public class Kept {{ {members} }}", $"{Keep}public class Kept {{ {corrected} }}");

    [Fact]
    public Task Member_of_a_record_with_a_default_is_excluded() => RuleVerifier.VerifyFixAsync<ContractAnalyzer, IgnoreMemberCodeFix>(
        Keep + "public record Kept(int A, object? {|TRPC0204:B|} = null);",
        Keep + "public record Kept(int A, [property: TunnelIgnore] object? B = null);");

    [Fact]
    public Task Custom_collection_is_excluded_where_it_is_a_member() => RuleVerifier.VerifyFixAsync<ContractAnalyzer, IgnoreMemberCodeFix>(
        Keep + "public class Kept { public Bag? A { get; set; } } public class {|TRPC0211:Bag|} : List<int>;",
        Keep + "public class Kept { [TunnelIgnore] public Bag? A { get; set; } } public class Bag : List<int>;");

    [Theory]
    [InlineData("Task KeepAsync(Kept value);", "public record Kept(int A, object {|TRPC0204:B|});")]
    [InlineData("Task KeepAsync(Kept value);", "public sealed class {|TRPC0211:Kept|} : List<int>;")]
    [InlineData("Task KeepAsync(object {|TRPC0204:value|});", "")]
    public Task Value_that_the_receiver_needs_cannot_be_excluded(string method, string type)
    {
        string source = $"[TunnelService] public partial interface IKeeper {{ {method} }} {type}";
        return RuleVerifier.VerifyFixAsync<ContractAnalyzer, IgnoreMemberCodeFix>(source, source);
    }

    private static Task VerifyMethodsAsync<TFix>(string methods, string corrected, string? key = null)
        where TFix : Microsoft.CodeAnalysis.CodeFixes.CodeFixProvider, new() =>
        RuleVerifier.VerifyFixAsync<ContractAnalyzer, TFix>(
            $"[TunnelService] public partial interface IA {Braced(methods)}",
            $"[TunnelService] public partial interface IA {Braced(corrected)}",
            key);

    /// <summary>The members on lines of their own, or in one line with the braces.</summary>
    private static string Braced(string members) => members.StartsWith('\n') ? $"\n{{{members}}}\n" : $"{{ {members} }}";
}
