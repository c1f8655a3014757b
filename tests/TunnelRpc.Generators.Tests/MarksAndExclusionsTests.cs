using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Shouldly;
using Xunit;

namespace TunnelRpc.Generators.Tests;

/// <summary>
/// Which members are serialized that have attributes of several serializers, and the information about what is not sent (TRPC0217).
/// </summary>
public sealed partial class MarksAndExclusionsTests
{
    private const string Usings = """
        using System;
        using System.Collections.Generic;
        using System.Runtime.Serialization;
        using System.Text.Json.Serialization;
        using System.Threading.Tasks;
        using MessagePack;
        using ProtoBuf;
        using TunnelRpc;

        """;

    private const string Attributes = """
        namespace MessagePack
        {
            public sealed class MessagePackObjectAttribute : Attribute;
            public sealed class KeyAttribute(string key) : Attribute { public string Key => key; }
            public sealed class IgnoreMemberAttribute : Attribute;
        }

        namespace ProtoBuf
        {
            public sealed class ProtoContractAttribute : Attribute;
            public sealed class ProtoMemberAttribute(int tag) : Attribute { public int Tag => tag; }
        }

        """;

    private const string Contract = "[TunnelService] public partial interface IKeeper { Task KeepAsync(Kept value); }";

    /// <summary>Types whose member A is serialized or not, beside a member B that is.</summary>
    public static TheoryData<string, bool> Members => new()
    {
        { "[JsonIgnore] public int A { get; set; }", false },
        { "[TunnelMember(\"A\"), JsonIgnore] public int A { get; set; }", true },
        { "[TunnelMember(\"A\"), IgnoreMember] public int A { get; set; }", true },
        { "[TunnelMember(\"A\"), NonSerialized] public int A;", true },
        { "[TunnelMember(\"A\"), TunnelIgnore] public int A { get; set; }", false },
        { "[Key(\"A\"), JsonIgnore] public int A { get; set; }", true },
        { "[Key(\"A\"), IgnoreMember] public int A { get; set; }", false },
        { "[Key(\"A\"), TunnelIgnore] public int A { get; set; }", false },
        { "[DataMember, JsonIgnore] public int A { get; set; }", true },
        { "[DataMember, IgnoreDataMember] public int A { get; set; }", false },
        { "[NonSerialized] public int A;", false },
        { "[field: NonSerialized] public int A { get; set; }", false },
        { "[field: TunnelIgnore] public int A { get; set; }", false },
        { "[TunnelMember(\"A\")] [field: NonSerialized] public int A { get; set; }", true },
        { "[field: JsonIgnore] public int A { get; set; }", true },
        { "[field: NonSerialized] public static int S { get; set; } public int A { get; set; }", true },
    };

    /// <summary>Members that are not sent, the text at the place, and what the message says.</summary>
    public static TheoryData<string, string, string> NotSent => new()
    {
        {
            "public sealed class Kept { [TunnelMember(\"a\"), TunnelIgnore] public int A { get; set; } }",
            "A",
            "'Kept.A' is not sent: [TunnelMember] marks it, and [TunnelIgnore] excludes it."
        },
        {
            "public sealed class Kept { [Key(\"a\"), IgnoreMember] public int A { get; set; } }",
            "A",
            "[Key] marks it, and [IgnoreMember] excludes it."
        },
        {
            "public sealed class Kept { [DataMember, IgnoreDataMember] public int A { get; set; } }",
            "A",
            "[DataMember] marks it, and [IgnoreDataMember] excludes it."
        },
        {
            "[ProtoContract] public sealed class Kept { [ProtoMember(1), JsonIgnore] public int A { get; set; } }",
            "A",
            "[ProtoMember] marks it, and [JsonIgnore] excludes it."
        },
        {
            "public sealed class Kept { public int A { get; set; } [TunnelMember(\"twice\")] public int Twice => 2 * A; }",
            "Twice",
            "'Kept.Twice' is not sent: [TunnelMember] marks it, but it has no public setter"
        },
        {
            "[DataContract] public sealed class Kept { [DataMember] public int A { get; set; } [DataMember] public int Twice => 2 * A; }",
            "Twice",
            "[DataMember] marks it, but"
        },
        {
            "[ProtoContract] public sealed class Kept { [ProtoMember(1)] public int A { get; set; } "
                + "[ProtoMember(2)] public int Twice => 2 * A; }",
            "Twice",
            "[ProtoMember] marks it, but"
        },
        {
            State + "public sealed class Kept { private readonly State _state = new(); "
                + "public string Name { get => _state.Name; set => _state.Name = value; } }",
            "_state",
            "'Kept._state' is not sent: the serialized properties return only some of its members"
        },
        {
            State + "public sealed class Kept { private State? _state; "
                + "public string? Name { get { return this._state?.Name; } set => _state = new() { Name = value! }; } }",
            "_state",
            "Kept._state"
        },
    };

    /// <summary>Near misses.</summary>
    public static TheoryData<string> Sent => new()
    {
        "public sealed class Kept { [DataMember, TunnelIgnore] public int A { get; set; } }",
        "public sealed class Kept { [Key(\"a\"), TunnelIgnore] public int A { get; set; } }",
        "public sealed class Kept { [JsonIgnore] public int A { get; set; } }",
        "[DataContract] public sealed class Kept { [DataMember] public int A { get; set; } public int B { get; set; } }",
        "[ProtoContract] public sealed class Kept { [ProtoMember(1)] public int A { get; set; } public int Twice => 2 * A; }",
        "public sealed class Kept { public int A { get; set; } [ProtoMember(2)] public int Twice => 2 * A; }",
        "public sealed class Kept(int a) { [TunnelMember(\"a\")] public int A { get; } = a; }",
        State + "public sealed class Kept { private State _state = new(); public State Whole { get => _state; set => _state = value; } "
            + "public string Name { get => _state.Name; set => _state.Name = value; } }",
        State + "public sealed class Kept { private readonly State _state = new(); "
            + "public string Name { get => _state.Name; set => _state.Name = value; } "
            + "public int Number { get => _state.Number; set => _state.Number = value; } }",
        State + "public sealed class Kept { private State _state = new(); "
            + "public string Text { get => _state.ToString()!; set => _state.Name = value; } }",
        State + "public sealed class Kept { [TunnelIgnore] private readonly State _state = new(); "
            + "public string Name { get => _state.Name; set => _state.Name = value; } }",
        "public sealed class Kept { private Uri _uri = new(\"http://a\"); "
            + "public string Host { get => _uri.Host; set => _uri = new(\"http://\" + value); } }",
    };

    private const string State = "public sealed class State { public string Name { get; set; } = \"\"; public int Number { get; set; } "
        + "public int Twice => 2 * Number; } ";

    [Theory, MemberData(nameof(Members))]
    public void Mark_takes_precedence_over_exclusions_of_other_serializers(string member, bool isSerialized)
    {
        string type = $"public sealed class Kept {{ {member} [TunnelMember(\"B\")] public int B {{ get; set; }} }}";
        string expected = isSerialized ? "A, B" : "B";

        KeysOf(Compilations.Create(Usings + Contract + type + Attributes)).ShouldBe(expected, "in source");
        KeysOf(Apart(type, isReferenceAssembly: false)).ShouldBe(expected, "in another assembly");
    }

    [Fact]
    public void Exclusion_of_a_field_is_unknown_for_a_reference_assembly_and_the_property_travels()
    {
        const string Type = "public sealed class Kept { [field: NonSerialized] public int A { get; set; } [NonSerialized] public int C; "
            + "public int B { get; set; } }";

        KeysOf(Apart(Type, isReferenceAssembly: true)).ShouldBe("A, B");
    }

    [Fact]
    public async Task Property_without_setter_whose_field_is_excluded_is_no_lost_state()
    {
        const string Type = "public sealed class Kept { [field: NonSerialized] public List<int> A { get; } = []; "
            + "public int B { get; set; } }";
        Compilation[] compilations =
            [Compilations.Create(Usings + Contract + Type + Attributes), Apart(Type, isReferenceAssembly: false)];

        foreach (Compilation compilation in compilations)
        {
            (await Compilations.AnalyzeAsync(compilation)).ShouldBeEmpty();
            KeysOf(compilation).ShouldBe("B");
        }
    }

    [Fact]
    public async Task Excluded_field_that_a_constructor_needs_is_an_error()
    {
        const string Type = "public sealed record Kept([field: NonSerialized] int A);";

        ImmutableArray<Diagnostic> found =
            await Compilations.AnalyzeAsync(Compilations.Create(Usings + Contract + Type + Attributes));

        found.ShouldHaveSingleItem().Id.ShouldBe("TRPC0210");
    }

    [Theory, MemberData(nameof(NotSent))]
    public async Task Part_that_is_not_sent_is_information_at_its_place_and_the_contract_is_generated(
        string type, string place, string message)
    {
        Compilation compilation = Compilations.Create(Usings + Contract + type + Attributes);

        ImmutableArray<Diagnostic> before = await Compilations.AnalyzeAsync(compilation);
        KeysOf(compilation).ShouldNotBeNull();
        ImmutableArray<Diagnostic> after = await Compilations.AnalyzeAsync(compilation);

        // The second time the model of the generator is known, and has no errors.
        foreach (Diagnostic note in new[] { before.ShouldHaveSingleItem(), after.ShouldHaveSingleItem() })
        {
            note.Id.ShouldBe("TRPC0217");
            note.Severity.ShouldBe(DiagnosticSeverity.Info);
            note.GetMessage(CultureInfo.InvariantCulture).ShouldContain(message);
            note.Location.SourceTree!.GetText().ToString(note.Location.SourceSpan).ShouldBe(place);
        }
    }

    [Theory, MemberData(nameof(Sent))]
    public async Task Part_that_is_sent_or_meant_not_to_be_is_not_reported(string type) =>
        (await Compilations.AnalyzeAsync(Compilations.Create(Usings + Contract + type + Attributes))).ShouldBeEmpty();

    [Fact]
    public async Task Part_that_is_not_sent_is_reported_once_for_several_contracts()
    {
        const string Type = "public sealed class Kept { [Key(\"a\"), IgnoreMember] public int A { get; set; } } "
            + "[TunnelService] public partial interface IOther { Task<Kept> GetAsync(); }";

        (await Compilations.AnalyzeAsync(Compilations.Create(Usings + Contract + Type + Attributes))).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Fault_that_a_one_way_method_declares_is_reported_and_that_of_its_interface_is_not()
    {
        Compilation compilation = Compilations.Create(Usings + Attributes.Insert(0, """
            [TunnelService, TunnelFault(typeof(int))] public partial interface IKeeper
            {
                [OneWay, TunnelFault(typeof(string))] Task KeepAsync(int value);
                [TunnelFault(typeof(string))] Task<int> GetAsync();
            }

            [TunnelService] public partial interface IDerived : IKeeper { }

            """));

        Diagnostic note = (await Compilations.AnalyzeAsync(compilation)).ShouldHaveSingleItem();

        note.Id.ShouldBe("TRPC0217");
        note.GetMessage(CultureInfo.InvariantCulture).ShouldStartWith("'The fault String of KeepAsync' is not sent: a one-way call");
        note.Location.SourceTree!.GetText().ToString(note.Location.SourceSpan).ShouldBe("TunnelFault(typeof(string))");
    }

    private static CSharpCompilation Apart(string type, bool isReferenceAssembly)
    {
        CSharpCompilation types = Compilations.Create(Usings + type + Attributes).WithAssemblyName("Types");
        return Compilations.Create(Usings + Contract)
            .AddReferences(isReferenceAssembly ? Compilations.EmitReference(types) : Compilations.Emit(types));
    }

    /// <summary>Returns the keys of the type Kept, in order; null if it has no formatter.</summary>
    private static string? KeysOf(Compilation compilation)
    {
        Compilations.CreateDriver().RunGeneratorsAndUpdateCompilation(
            compilation, out Compilation output, out ImmutableArray<Diagnostic> errors);
        errors.ShouldBeEmpty();
        SyntaxTree? formatter = output.SyntaxTrees
            .SingleOrDefault(t => t.FilePath.EndsWith("Kept.Formatter.g.cs", StringComparison.Ordinal));
        return formatter is null
            ? null
            : string.Join(", ", Key().Matches(formatter.ToString()).Select(m => m.Groups[1].Value).Order(StringComparer.Ordinal));
    }

    [GeneratedRegex("WriteUtf8\\(\"(\\w+)\"u8\\)")]
    private static partial Regex Key();
}
