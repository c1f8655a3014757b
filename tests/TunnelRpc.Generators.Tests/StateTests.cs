using System.Collections.Immutable;
using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Shouldly;
using Xunit;

namespace TunnelRpc.Generators.Tests;

/// <summary>
/// Tests that a type with state that would not travel is an error, and that a type whose members carry its state is not. Each type is in
/// the contract's project, in another assembly, and in a reference assembly, which is what a project reference gives the compiler.
/// </summary>
public sealed class StateTests
{
    private const string Usings = """
        using System;
        using System.Collections;
        using System.Collections.Generic;
        using System.ComponentModel;
        using System.Linq;
        using System.Runtime.Serialization;
        using System.Text.Json.Serialization;
        using System.Threading;
        using System.Threading.Tasks;
        using MessagePack;
        using TunnelRpc;

        """;

    private const string Attributes = """
        namespace MessagePack
        {
            public sealed class MessagePackObjectAttribute : Attribute;
            public sealed class KeyAttribute(int key) : Attribute { public int Key => key; }
            public sealed class SerializationConstructorAttribute : Attribute;
            public interface IMessagePackSerializationCallbackReceiver { void OnBeforeSerialize(); void OnAfterDeserialize(); }
        }

        """;

    private const string Contract = "[TunnelService] public partial interface IKeeper { Task KeepAsync(Kept value); }";

    /// <summary>Types that lose state: the id, the type, the text at the location, and what the message names.</summary>
    public static TheoryData<string, string, string, string> LostState => new()
    {
        { "TRPC0209", "public sealed class Kept { public List<int> A { get; } = []; }", "A", "'Kept.A' at 'value'" },
        { "TRPC0209", "public sealed class Kept { public int A { get; private set; } }", "A", "'Kept.A' at 'value'" },
        { "TRPC0209", "public class Kept { public int A { get; protected internal set; } }", "A", "'Kept.A' at 'value'" },
        { "TRPC0209", "public sealed class Kept { public int A { get; private init; } }", "A", "'Kept.A' at 'value'" },
        { "TRPC0209", "public sealed class Kept { public readonly int A = 4; }", "A", "'Kept.A' at 'value'" },
        {
            "TRPC0212",
            "public readonly struct Kept { private readonly Guid _v; public Kept(Guid v = default) => _v = v; "
                + "public string S() => $\"{_v}\"; }",
            "_v",
            "'Kept' at 'value' has state that is not serialized: _v"
        },
        {
            "TRPC0212",
            "public sealed class Kept { private readonly List<string> _tags = []; public IReadOnlyList<string> Tags => _tags; }",
            "_tags",
            "'Kept"
        },
        { "TRPC0212", "public sealed class Kept { private int _v; public int Next() => ++_v; public int A { get; set; } }", "_v", ": _v" },
        {
            "TRPC0212",
            "public sealed class Kept(int seed = 0) { public int Next() => ++seed; }",
            "seed",
            "'Kept' at 'value' has state that is not serialized: "
        },
        {
            "TRPC0212",
            "public sealed class Kept { private readonly List<string> _old = []; private string _a = \"\"; "
                + "public string A { get => _a; set { _old.Add(_a); _a = value; } } }",
            "_old",
            ": _old"
        },
        {
            "TRPC0212",
            "public class Old { private int _a; public int Next() => ++_a; } "
                + "public class Kept : Old { private int _a; public int A { get => _a; set => _a = value; } }",
            "_a",
            ": _a"
        },
        {
            "TRPC0212",
            "public sealed class Kept { private readonly List<int> _all = []; [TunnelIgnore] public int Count => _all.Count; }",
            "_all",
            ": _all"
        },
        { "TRPC0212", "public sealed class Kept { internal int B { get; set; } public int A { get; set; } }", "B", ": B" },
        { "TRPC0212", "public sealed class Kept { private int A { get; } = 4; public int B() => A; }", "A", ": A" },
        { "TRPC0212", "public class Kept { [TunnelMember(0)] private int _id; public int Next() => ++_id; }", "_id", ": _id" },
        { "TRPC0212", "public sealed class Kept { [JsonInclude] internal int B { get; set; } }", "B", ": B" },
        { "TRPC0212", "[DataContract] public class Kept { [DataMember] private int id = 1; public int Next() => ++id; }", "id", ": id" },
        {
            "TRPC0212",
            "public interface IHas { int A { get; set; } } public sealed class Kept : IHas { int IHas.A { get; set; } }",
            "A",
            "IHas.A"
        },
        { "TRPC0212", "public class Old { private int _a; public int A() => ++_a; } public class Kept : Old;", "_a", ": _a" },
        {
            "TRPC0212",
            "public class Old { public int A { get; set; } } public class Kept : Old { public new int A { get; set; } }",
            "A",
            ": A"
        },
        { "TRPC0212", "public sealed class Kept : Exception;", "Kept", "its base class System.Exception" },
        {
            "TRPC0212",
            "public sealed class Kept { private readonly object _any = 1; public override string ToString() => $\"{_any}\"; }",
            "_any",
            ": _any"
        },
        { "TRPC0211", "public sealed class Kept : List<string>;", "Kept", "'Kept' at 'value'" },
        { "TRPC0211", "public sealed class Kept : Dictionary<string, int>;", "Kept", "'Kept' at 'value'" },
        {
            "TRPC0211",
            "public sealed class Kept : IReadOnlyList<int> { private readonly int[] _all = [1]; public int this[int index] => _all[index]; "
                + "public int Count => _all.Length; IEnumerator IEnumerable.GetEnumerator() => GetEnumerator(); "
                + "public IEnumerator<int> GetEnumerator() => _all.AsEnumerable().GetEnumerator(); }",
            "_all",
            "_all"
        },
        { "TRPC0213", "[MessagePackObject] public sealed class Kept { [Key(0)] public int A { get; set; } public int B; }", "B", "Kept.B" },
    };

    /// <summary>Types whose members carry all state, or whose loss is intended.</summary>
    public static TheoryData<string> CarriedState => new()
    {
        "public sealed class Kept { public int A { get; init; } }",
        "public sealed class Kept { [TunnelIgnore] public int A { get; } }",
        "public sealed class Kept { [JsonIgnore] public int A { get; } [JsonIgnore] internal int B { get; set; } }",
        "public sealed class Kept { public Kept(int a) => A = a; public int A { get; } }",
        "public sealed class Kept { public static int A { get; } = 4; public const int B = 1; private static int c; "
            + "public int D() => ++c; }",
        "public sealed class Kept { private int _a; public int A { get => _a; set => _a = value; } }",
        "public sealed class Kept { private int m_a; public int A { get { return m_a; } set { m_a = value; } } }",
        "public sealed class Kept { private int a_; public int A { get => this.a_; set => this.a_ = value; } }",
        "public sealed class Kept { private readonly string _a; public Kept(string a) => _a = a; public string A => _a; }",
        "public sealed class Kept(int a) { public int A => a; }",
        "public sealed record Kept(int A, string? B = null) { public required int C { get; init; } }",
        "public readonly record struct Kept(int A);",
        "public sealed class Kept(int a, int b) { public int A => a; public int B { get; } = b; public int C(int b) => a + b; }",
        "public sealed class Kept { private event Action? Changed; public int A { get; set; } public void B() => Changed?.Invoke(); }",
        "public class Old { private int _a; public virtual int A { get => _a; set => _a = value; } } "
            + "public class Kept : Old { public override int A { get => base.A; set => base.A = value; } }",
        "public sealed class Kept { private int? _sum; [TunnelIgnore] public int Sum => _sum ??= 5; public int A { get; set; } }",
        "public sealed partial class Kept { private int _a; public partial int A { get; set; } } "
            + "public partial class Kept { public partial int A { get => _a; set => _a = value; } }",
        "public sealed class Kept : EventArgs { public int A { get; set; } }",
        "public class Old { protected int _a; } public class Kept : Old { public int A { get => _a; set => _a = value; } }",
        "public class Old { public virtual int A { get; set; } } public class Kept : Old { public override int A { get; set; } }",
        "[DataContract] public sealed class Kept { [DataMember(Order = 1)] public int A { get; set; } public int B { get; set; } "
            + "internal int C { get; set; } }",
        "public sealed class Kept { public int A { get; set; } private readonly Lock _gate = new(); public void B() { lock (_gate) { } } }",
        "public sealed class Kept { [NonSerialized] private int _a; public int A() => ++_a; }",
        "public sealed class Kept { [SerializationConstructor] public Kept(int a) => A = a; public Kept(int a, int b) : this(a + b) { } "
            + "public int A { get; } [TunnelIgnore] public int B => 1; }",
        "public sealed class Kept : INotifyPropertyChanged { public event PropertyChangedEventHandler? PropertyChanged; private int _a; "
            + "public int A { get => _a; set { _a = value; PropertyChanged?.Invoke(this, new(nameof(A))); } } }",
        "public sealed record Kept(List<int> Items) : IEnumerable<int> { public IEnumerator<int> GetEnumerator() => Items.GetEnumerator(); "
            + "IEnumerator IEnumerable.GetEnumerator() => GetEnumerator(); }",
        "public sealed class Kept : IMessagePackSerializationCallbackReceiver { public int A { get; set; } public void OnBeforeSerialize() { } "
            + "public void OnAfterDeserialize() { } }",
        "public record struct Kept(int A) : IMessagePackSerializationCallbackReceiver { "
            + "void IMessagePackSerializationCallbackReceiver.OnBeforeSerialize() { } "
            + "void IMessagePackSerializationCallbackReceiver.OnAfterDeserialize() { } }",
    };

    /// <summary>Types that compute members from others. A reference assembly does not show that.</summary>
    public static TheoryData<string> ComputedMembers => new()
    {
        "public sealed class Kept { public int A => 4; }",
        "public sealed record Kept(string First, string Last) { public string Full { get { return First + Last; } } }",
    };

    [Theory, MemberData(nameof(LostState))]
    public async Task State_that_no_member_carries_is_an_error_at_its_place(string id, string type, string place, string message)
    {
        Compilation compilation = Compilations.Create(Usings + Contract + type + Attributes);

        Diagnostic error = (await Compilations.AnalyzeAsync(compilation)).ShouldHaveSingleItem();

        error.Id.ShouldBe(id);
        error.Severity.ShouldBe(DiagnosticSeverity.Error);
        error.GetMessage(CultureInfo.InvariantCulture).ShouldContain(message);
        error.Location.SourceTree!.GetText().ToString(error.Location.SourceSpan).ShouldBe(place);
        ShouldNotGenerate(compilation);
    }

    [Theory, MemberData(nameof(LostState))]
    public async Task State_that_no_member_carries_is_an_error_for_types_of_another_assembly(
        string id, string type, string place, string message)
    {
        Compilation compilation = Apart(type, isReferenceAssembly: false);

        Diagnostic error = (await Compilations.AnalyzeAsync(compilation)).ShouldHaveSingleItem();

        // A private field that has the name of a property is reported as the property.
        error.Id.ShouldBeOneOf(id, "TRPC0209");
        error.Location.SourceTree!.GetText().ToString(error.Location.SourceSpan).ShouldBe("value", $"and not {place}: {message}");
        ShouldNotGenerate(compilation);
    }

    [Theory, MemberData(nameof(CarriedState)), MemberData(nameof(ComputedMembers))]
    public async Task State_that_members_carry_is_no_error(string type)
    {
        foreach (Compilation compilation in new[]
        {
            Compilations.Create(Usings + Contract + type + Attributes),
            Apart(type, isReferenceAssembly: false),
        })
        {
            (await Compilations.AnalyzeAsync(compilation)).ShouldBeEmpty();
            ShouldGenerate(compilation);
        }
    }

    [Fact]
    public async Task Object_that_is_only_a_lock_is_no_state()
    {
        const string Type = "public class Kept { public int A { get; set; } private readonly object _gate = new(); "
            + "public void B() { lock (_gate) { } } }";

        (await Compilations.AnalyzeAsync(Compilations.Create(Usings + Contract + Type + Attributes))).ShouldBeEmpty();
    }

    [Theory, MemberData(nameof(CarriedState))]
    public async Task State_that_members_carry_is_no_error_for_types_of_a_reference_assembly(string type)
    {
        Compilation compilation = Apart(type, isReferenceAssembly: true);

        (await Compilations.AnalyzeAsync(compilation)).ShouldBeEmpty();
        ShouldGenerate(compilation);
    }

    [Theory]
    [InlineData(
        "public sealed class Kept { private readonly List<string> _tags = []; public IReadOnlyList<string> Tags => _tags; }", "Tags")]
    [InlineData("public readonly struct Kept { private readonly int _v; public int V() => _v; }", "_v")]
    [InlineData("public sealed class Kept { private readonly int _a = 1; public int A => _a; public int B { get; set; } }", "A")]
    [InlineData("public sealed class Kept { public int A { get; } = 1; }", "A")]
    public async Task Member_of_a_reference_assembly_that_may_return_private_state_is_an_error(string type, string member)
    {
        Diagnostic error = (await Compilations.AnalyzeAsync(Apart(type, isReferenceAssembly: true))).ShouldHaveSingleItem();

        error.Id.ShouldBeOneOf("TRPC0209", "TRPC0212");
        error.GetMessage(CultureInfo.InvariantCulture).ShouldContain(member);
    }

    private static CSharpCompilation Apart(string type, bool isReferenceAssembly)
    {
        CSharpCompilation types = Compilations.Create(Usings + type + Attributes).WithAssemblyName("Types");
        return Compilations.Create(Usings.Replace("using MessagePack;", "") + Contract)
            .AddReferences(isReferenceAssembly ? Compilations.EmitReference(types) : Compilations.Emit(types));
    }

    private static void ShouldGenerate(Compilation compilation)
    {
        Compilations.CreateDriver().RunGeneratorsAndUpdateCompilation(compilation, out Compilation output, out _);
        output.GetDiagnostics()
            .Where(d => d.Severity == DiagnosticSeverity.Error && d.Location.SourceTree?.FilePath.EndsWith(".g.cs") == true)
            .ShouldBeEmpty();
        output.SyntaxTrees.ShouldContain(t => t.FilePath.EndsWith("Kept.Formatter.g.cs", StringComparison.Ordinal));
    }

    private static void ShouldNotGenerate(Compilation compilation)
    {
        ImmutableArray<GeneratedSourceResult> sources =
            Compilations.CreateDriver().RunGenerators(compilation).GetRunResult().Results.Single().GeneratedSources;
        sources.Select(s => s.HintName).ShouldBe(["IKeeper.g.cs"]);
        sources.ShouldHaveSingleItem().SourceText.ToString().ShouldContain("throw new global::System.NotSupportedException");
    }
}
