using System.Collections.Immutable;
using System.Globalization;
using Microsoft.CodeAnalysis;
using Shouldly;
using Xunit;

namespace TunnelRpc.Generators.Tests;

/// <summary>Tests the attributes that name formatters and surrogates: which applies, and the errors at the attributes.</summary>
public sealed class FormatterAttributeTests
{
    private const string Usings = """
        using System;
        using System.Collections.Generic;
        using System.Threading.Tasks;
        using TunnelRpc;
        using TunnelRpc.Serialization;

        """;

    private const string Types = """

        public sealed class Secret(int value) { private readonly int _value = value; public int Reveal() => _value; }
        public sealed class Box<T>(T value) { private readonly T _value = value; public T Open() => _value; }
        public class SecretFormatter : ITunnelFormatter<Secret>
        {
            public void Write(ref MessagePackWriter writer, Secret value) => writer.Write(value.Reveal());
            public Secret Read(ref MessagePackReader reader) => new(reader.ReadInt32());
        }
        public sealed class OtherFormatter : SecretFormatter;
        public sealed class BoxFormatter<T>(ITunnelFormatter<T> inner) : ITunnelFormatter<Box<T>>
        {
            public void Write(ref MessagePackWriter writer, Box<T> value) => inner.Write(ref writer, value.Open());
            public Box<T> Read(ref MessagePackReader reader) => new(inner.Read(ref reader));
        }
        public static class SecretConversion { public static int ToSurrogate(Secret value) => value.Reveal(); public static Secret FromSurrogate(int value) => new(value); }

        """;

    /// <summary>What the generator reads of MessagePack-CSharp, which the compilations of these tests do not reference.</summary>
    private const string Package = """
        using MessagePack;
        using MessagePack.Formatters;
        namespace MessagePack
        {
            public sealed class MessagePackFormatterAttribute : Attribute
            {
                public MessagePackFormatterAttribute(Type formatterType) => FormatterType = formatterType;
                public MessagePackFormatterAttribute(Type formatterType, params object?[] arguments) : this(formatterType) => Arguments = arguments;
                public Type FormatterType { get; }
                public object?[]? Arguments { get; }
            }
        }

        namespace MessagePack.Formatters { public interface IMessagePackFormatter<T>; }

        """;

    private const string Contract = "[TunnelService] public partial interface IA { Task AAsync(Secret value, Box<Secret?>? box = null); }";

    /// <summary>The source, and a part of the generated code.</summary>
    public static TheoryData<string, string> Valid => new()
    {
        {
            "[assembly: TunnelFormatter(typeof(Secret), typeof(SecretFormatter)), TunnelFormatter(typeof(Box<>), typeof(BoxFormatter<>))]"
                + Types + Contract,
            "(Codec::ITunnelFormatter<global::Box<global::Secret?>>)new global::BoxFormatter<global::Secret?>(new "
        },
        {
            "[assembly: TunnelSurrogate(typeof(Secret), typeof(SecretConversion))]" + Types
                + "[TunnelService] public partial interface IA { Task AAsync(Secret value); }",
            "SurrogateFormatter<global::Secret, int>(global::SecretConversion.ToSurrogate, global::SecretConversion.FromSurrogate, "
        },
        {
            "[assembly: TunnelFormatter(typeof(Secret), typeof(SecretFormatter))]" + Types
                + "[TunnelService] public partial interface IA { Task AAsync([TunnelFormatter(typeof(OtherFormatter))] Secret value); }",
            "new global::OtherFormatter()"
        },
        {
            "[assembly: TunnelFormatter(typeof(Guid), typeof(GuidFormatter))]"
                + "internal sealed class GuidFormatter : ITunnelFormatter<Guid> { public static readonly GuidFormatter Instance = new(); "
                + "public void Write(ref MessagePackWriter writer, Guid value) => writer.WriteBinary(value.ToByteArray()); "
                + "public Guid Read(ref MessagePackReader reader) => new(reader.ReadBinary()); }"
                + "[TunnelService] public partial interface IA { Task AAsync(List<Guid?> value); }",
            "(Codec::ITunnelFormatter<global::System.Guid>)global::GuidFormatter.Instance"
        },
        {
            Types + "[TunnelService] public partial interface IA "
                + "{ [return: TunnelSurrogate(typeof(SecretConversion))] IAsyncEnumerable<Secret> AAsync("
                + "[TunnelFormatter(typeof(SecretFormatter))] IAsyncEnumerable<Secret> value); }",
            "new global::SecretFormatter()"
        },
        {
            "[assembly: TunnelFormatter(typeof(Secret), typeof(SecretFormatter))]" + Types
                + "[TunnelFormatter(typeof(UserFormatter))] public sealed class User(Secret s) { private readonly Secret _s = s; public Secret S() => _s; }"
                + "public sealed class UserFormatter(ITunnelFormatter<Secret> one, ITunnelFormatter<List<Secret>> many) : ITunnelFormatter<User> { "
                + "public void Write(ref MessagePackWriter writer, User value) { if (value is null) many.Write(ref writer, []); else one.Write(ref writer, value.S()); } "
                + "public User Read(ref MessagePackReader reader) => new(one.Read(ref reader)); }"
                + "[TunnelService] public partial interface IA { Task AAsync(User value); }",
            "new global::UserFormatter((Codec::ITunnelFormatter<global::Secret>)new global::SecretFormatter(), new "
        },
    };

    /// <summary>Invalid attributes: the expected id, the source, the text at the location, and a part of the message.</summary>
    public static TheoryData<string, string, string, string> Invalid => new()
    {
        {
            "TRPC0220",
            "[assembly: TunnelFormatter(typeof(int), typeof(SecretFormatter))]" + Types,
            "TunnelFormatter(typeof(int), typeof(SecretFormatter))",
            "it must implement ITunnelFormatter<int>, and is the formatter of 'Secret'"
        },
        {
            "TRPC0220",
            "[assembly: TunnelFormatter(typeof(SecretFormatter))]" + Types,
            "TunnelFormatter(typeof(SecretFormatter))",
            "an attribute of an assembly names the type, too"
        },
        {
            "TRPC0220",
            "[assembly: TunnelFormatter(typeof(Box<>), typeof(SecretFormatter))]" + Types,
            "TunnelFormatter(typeof(Box<>), typeof(SecretFormatter))",
            "it must implement ITunnelFormatter<Box<T>>"
        },
        {
            "TRPC0220",
            "[assembly: TunnelFormatter(typeof(Secret), typeof(BoxFormatter<>))]" + Types,
            "TunnelFormatter(typeof(Secret), typeof(BoxFormatter<>))",
            "it has 1 type parameters, and 'Secret' has 0"
        },
        {
            "TRPC0220",
            "[assembly: TunnelSurrogate(typeof(Secret), typeof(string))]" + Types,
            "TunnelSurrogate(typeof(Secret), typeof(string))",
            "it needs the public or internal methods 'static TSurrogate ToSurrogate(Secret value)'"
        },
        {
            "TRPC0220",
            "[assembly: TunnelSurrogate(typeof(Secret), typeof(Half))]" + Types
                + "public static class Half { public static int ToSurrogate(Secret value) => 1; public static Secret FromSurrogate(long value) => new(1); }",
            "TunnelSurrogate(typeof(Secret), typeof(Half))",
            "'static Secret FromSurrogate(int value)'"
        },
        {
            "TRPC0220",
            "[assembly: TunnelFormatter(typeof(Secret), typeof(Hidden))]" + Types + "file sealed class Hidden : SecretFormatter;",
            "TunnelFormatter(typeof(Secret), typeof(Hidden))",
            "file-local"
        },
        {
            "TRPC0220",
            "[assembly: TunnelFormatter(typeof(Secret), typeof(Abstract))]" + Types + "public abstract class Abstract : SecretFormatter;",
            "TunnelFormatter(typeof(Secret), typeof(Abstract))",
            "abstract or static"
        },
        {
            "TRPC0220",
            "[assembly: TunnelFormatter(typeof(Secret), typeof(Sized))]" + Types
                + "public sealed class Sized(int size) : SecretFormatter { public int Size => size; }",
            "TunnelFormatter(typeof(Secret), typeof(Sized))",
            "a public or internal constructor without parameters"
        },
        {
            "TRPC0220",
            "[assembly: TunnelFormatter(typeof(int?), typeof(SecretFormatter))]" + Types,
            "TunnelFormatter(typeof(int?), typeof(SecretFormatter))",
            "without '?'"
        },
        {
            "TRPC0220",
            Types + "[TunnelService] public partial interface IBad { Task AAsync([TunnelFormatter(typeof(SecretFormatter))] List<Secret> value); }",
            "TunnelFormatter(typeof(SecretFormatter))",
            "'SecretFormatter' cannot be the formatter or the surrogate conversion of 'System.Collections.Generic.List<Secret>'"
        },
        {
            "TRPC0220",
            Types + "public sealed record Kept([TunnelSurrogate(typeof(int), typeof(SecretConversion))] Secret Value); "
                + "[TunnelService] public partial interface IBad { Task AAsync(Kept value); Task BAsync(Kept value); } "
                + "[TunnelService] public partial interface IWorse { Task AAsync(Kept value); }",
            "TunnelSurrogate(typeof(int), typeof(SecretConversion))",
            "names 'int'"
        },
        {
            "TRPC0220",
            Types + "[TunnelFormatter(typeof(SelfFormatter))] public sealed class Self { } "
                + "public sealed class SelfFormatter(ITunnelFormatter<List<Self>> inner) : ITunnelFormatter<Self> { "
                + "public void Write(ref MessagePackWriter writer, Self value) => inner.Write(ref writer, []); "
                + "public Self Read(ref MessagePackReader reader) => inner.Read(ref reader)[0]; } "
                + "[TunnelService] public partial interface IBad { Task AAsync(Self value); }",
            "TunnelFormatter(typeof(SelfFormatter))",
            "it needs a formatter of 'Self' itself"
        },
        {
            "TRPC0220",
            "[assembly: TunnelFormatter(typeof(Box<>), typeof(StructBoxFormatter<>))]" + Types
                + "public sealed class StructBoxFormatter<T> : ITunnelFormatter<Box<T>> where T : struct, IComparable<T> { "
                + "public void Write(ref MessagePackWriter writer, Box<T> value) => writer.WriteNil(); "
                + "public Box<T> Read(ref MessagePackReader reader) => new(default); } "
                + "[TunnelService] public partial interface IBad { Task AAsync(Box<int> good, Box<string> value); }",
            "TunnelFormatter(typeof(Box<>), typeof(StructBoxFormatter<>))",
            "'string' does not satisfy the constraints of its type parameter 'T'"
        },
        {
            "TRPC0221",
            "[assembly: TunnelFormatter(typeof(Secret), typeof(SecretFormatter)), TunnelFormatter(typeof(Secret), typeof(OtherFormatter))]"
                + Types + "[TunnelService] public partial interface IBad { Task AAsync(Secret value); }",
            "TunnelFormatter(typeof(Secret), typeof(OtherFormatter))",
            "'Secret' has the formatters 'SecretFormatter"
        },
        {
            "TRPC0221",
            Types + "public sealed class Kept { [TunnelFormatter(typeof(SecretFormatter)), TunnelSurrogate(typeof(SecretConversion))] "
                + "public Secret Value { get; set; } = new(1); } "
                + "[TunnelService] public partial interface IBad { Task AAsync(Kept value); }",
            "TunnelSurrogate(typeof(SecretConversion))",
            "'Secret' has the formatters"
        },
    };

    [Theory, MemberData(nameof(Valid))]
    public async Task Formatter_is_used_and_its_type_is_not_parsed(string source, string code)
    {
        Compilation compilation = Compilations.Create(Usings + source);

        (await Compilations.AnalyzeAsync(compilation)).ShouldBeEmpty();
        string generated = string.Concat(
            CompiledCode.ShouldCompile("formatters", Microsoft.CodeAnalysis.CSharp.LanguageVersion.CSharp12, Usings + source)
                .Select(file => file.SourceText.ToString()));

        generated.ShouldContain(code);
        generated.ShouldNotContain("SecretFormatter : ");
    }

    [Theory, MemberData(nameof(Invalid))]
    public async Task Formatter_that_does_not_fit_is_one_error_at_its_attribute(string id, string source, string place, string message)
    {
        Compilation compilation = Compilations.Create(Usings + source);

        Diagnostic error = (await Compilations.AnalyzeAsync(compilation)).ShouldHaveSingleItem();

        error.Id.ShouldBe(id);
        error.GetMessage(CultureInfo.InvariantCulture).ShouldContain(message);
        error.Location.SourceTree!.GetText().ToString(error.Location.SourceSpan).ShouldBe(place);
        ImmutableArray<Diagnostic> reported = Compilations.CreateDriver().RunGenerators(compilation).GetRunResult().Diagnostics;
        reported.Select(d => d.Id).ShouldBe(
            source.Contains("IWorse", StringComparison.Ordinal) ? ["TRPC0000", "TRPC0000"]
            : source.Contains("IBad", StringComparison.Ordinal) ? ["TRPC0000"]
            : []);
    }

    [Theory]
    [InlineData("[MessagePackFormatter(typeof(PackageFormatter))] public sealed class Kept { }", "MessagePackFormatter(typeof(PackageFormatter))")]
    [InlineData(
        "public sealed class Kept { [MessagePackFormatter(typeof(IntFormatter), 1)] public int A { get; set; } }",
        "MessagePackFormatter(typeof(IntFormatter), 1)")]
    [InlineData("[TunnelFormatter(typeof(PackageFormatter))] public sealed class Kept { }", "TunnelFormatter(typeof(PackageFormatter))")]
    public async Task Formatter_of_the_package_without_its_bridge_is_an_error_that_names_the_package(string type, string place)
    {
        Compilation compilation = Compilations.Create(Usings + Package + """
            public sealed class PackageFormatter : IMessagePackFormatter<Kept>;
            public sealed class IntFormatter(int a) : IMessagePackFormatter<int> { public int A => a; }
            [TunnelService] public partial interface IBad { Task AAsync(Kept value); }

            """ + type);

        Diagnostic error = (await Compilations.AnalyzeAsync(compilation)).ShouldHaveSingleItem();

        error.Id.ShouldBe("TRPC0222");
        error.GetMessage(CultureInfo.InvariantCulture).ShouldContain("Reference the package TunnelRpc.MessagePack");
        error.Location.SourceTree!.GetText().ToString(error.Location.SourceSpan).ShouldBe(place);
        Compilations.CreateDriver().RunGenerators(compilation).GetRunResult().Diagnostics.ShouldHaveSingleItem().Id.ShouldBe("TRPC0000");
    }

    [Theory]
    [InlineData("MessagePackFormatter(typeof(int))", "it must implement ITunnelFormatter<Kept>")]
    [InlineData("MessagePackFormatter(typeof(Sized), \"a\")", "no public or internal constructor for the arguments")]
    [InlineData("MessagePackFormatter(typeof(Sized), typeof(int))", "no public or internal constructor for the arguments")]
    public async Task Formatter_of_the_package_that_does_not_fit_is_an_error(string attribute, string message)
    {
        Compilation compilation = Compilations.Create(Usings + Package + $$"""
            public sealed class Sized(int a) : IMessagePackFormatter<Kept> { public int A => a; }
            [TunnelService] public partial interface IBad { Task AAsync(Kept value); }
            [{{attribute}}] public sealed class Kept;
            """);

        Diagnostic error = (await Compilations.AnalyzeAsync(compilation)).ShouldHaveSingleItem();

        error.Id.ShouldBe("TRPC0220");
        error.GetMessage(CultureInfo.InvariantCulture).ShouldContain(message);
        error.Location.SourceTree!.GetText().ToString(error.Location.SourceSpan).ShouldBe(attribute);
    }

    [Fact]
    public async Task Own_attribute_takes_precedence_over_that_of_the_package()
    {
        Compilation compilation = Compilations.Create(Usings + Package + """
            [MessagePackFormatter(typeof(int)), TunnelFormatter(typeof(KeptFormatter))] public sealed class Kept;
            public sealed class KeptFormatter : ITunnelFormatter<Kept>
            {
                public void Write(ref MessagePackWriter writer, Kept value) => writer.WriteNil();
                public Kept Read(ref MessagePackReader reader) { reader.ReadNil(); return new(); }
            }
            [TunnelService] public partial interface IA { Task AAsync(Kept value); }
            """);

        (await Compilations.AnalyzeAsync(compilation)).ShouldBeEmpty();
        CompiledCode.GetErrors(compilation).ShouldBeEmpty();
    }

    [Fact]
    public async Task Attribute_of_a_referenced_assembly_counts()
    {
        MetadataReference shared = Shared("Shared", "SecretFormatter", Types);
        Compilation compilation = Compilations.Create(Usings + Contract.Replace(", Box<Secret?>? box = null", "", StringComparison.Ordinal))
            .AddReferences(shared);

        (await Compilations.AnalyzeAsync(compilation)).ShouldBeEmpty();
        CompiledCode.GetErrors(compilation).ShouldBeEmpty();
    }

    [Fact]
    public async Task Contradiction_of_referenced_assemblies_is_an_error_and_the_own_assembly_decides()
    {
        const string Use = "[TunnelService] public partial interface IA { Task AAsync(Secret value); }";
        MetadataReference types = Compilations.Emit(Compilations.Create(Usings + Types).WithAssemblyName("Types"));
        MetadataReference[] references = [types, Shared("One", "SecretFormatter", "", types), Shared("Two", "OtherFormatter", "", types)];
        Compilation undecided = Compilations.Create(Usings + Use).AddReferences(references);
        Compilation decided = Compilations.Create(Usings + "[assembly: TunnelSurrogate(typeof(Secret), typeof(SecretConversion))]\n" + Use)
            .AddReferences(references);

        Diagnostic error = (await Compilations.AnalyzeAsync(undecided)).ShouldHaveSingleItem();

        error.Id.ShouldBe("TRPC0221");
        error.Location.SourceTree!.GetText().ToString(error.Location.SourceSpan).ShouldBe("value");
        (await Compilations.AnalyzeAsync(decided)).ShouldBeEmpty();
        CompiledCode.GetErrors(decided).ShouldBeEmpty();
    }

    [Fact]
    public async Task Formatters_and_surrogates_of_the_page_compile()
    {
        string page = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "pages", "docs", "types.md"));
        string[] blocks = [.. page.Split("```csharp\n").Skip(1).Select(b => b[..b.IndexOf("```", StringComparison.Ordinal)])];
        string[] complete = [.. blocks.Where(b => b.Contains("[assembly:", StringComparison.Ordinal))];

        complete.Length.ShouldBe(3);
        foreach (string block in complete)
        {
            string type = block.Contains("NodaTime", StringComparison.Ordinal) ? "NodaTime.ZonedDateTime"
                : block.Contains("MailAddress", StringComparison.Ordinal) ? "System.Net.Mail.MailAddress"
                : "Acme.Money";
            Compilation compilation = Compilations.Create(
                "global using System;\n" + block,
                $"[TunnelRpc.TunnelService] public partial interface IA {{ System.Threading.Tasks.Task<{type}> AAsync(); }}");

            (await Compilations.AnalyzeAsync(compilation)).ShouldBeEmpty();
            CompiledCode.GetErrors(compilation).ShouldBeEmpty();
        }
    }

    private static MetadataReference Shared(string assembly, string formatter, string types, params MetadataReference[] references) =>
        Compilations.Emit(Compilations.Create(Usings + $"[assembly: TunnelFormatter(typeof(Secret), typeof({formatter}))]" + types)
            .WithAssemblyName(assembly).AddReferences(references));
}
