using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Microsoft.CodeAnalysis.CSharp;
using TunnelRpc.Generators.Model;

namespace TunnelRpc.Generators.Emission;

// Decision: docs/adr/0009-generated-code-nullable.md
/// <summary>Emits the formatter of one type.</summary>
internal static class FormatterEmitter
{
    private const string ExceptionType = "global::TunnelRpc.Serialization.MessagePackException";

    public static string Emit(TypeModel type)
    {
        var code = new CodeWriter();
        ValueEmitter values = new ValueEmitter()
            .AddFormatters(type.Members.Select(m => m.Value))
            .AddFormatters(type.Cases.Select(c => c.Value));
        code.WriteFileHeader(type.UsesObsolete);
        code.OpenBlock("namespace TunnelRpc.Generated");
        code.WriteLine($"/// <summary>Reads and writes {type.DisplayName.Replace("<", "&lt;").Replace(">", "&gt;")}.</summary>");
        code.WriteLine(ServiceEmitter.GeneratedCode);
        if (type.UsesObsolete)
        {
            code.WriteLine(ServiceEmitter.Obsolete);
        }

        code.OpenBlock($"internal sealed class {type.Identifier} : global::TunnelRpc.Serialization.ITunnelFormatter<{type.Type}>");
        code.WriteLine(
            "/// <summary>The shared instance. Declared first, since formatters of recursive types refer to each other.</summary>");
        code.WriteLine($"public static readonly {type.Identifier} Instance = new();");
        values.DeclareFormatterFields(code);
        code.WriteLine();
        code.WriteLine("/// <inheritdoc/>");
        code.OpenBlock($"public void Write(ref global::TunnelRpc.Serialization.MessagePackWriter writer, {type.Type} value)");
        if (type.IsReference)
        {
            code.OpenBlock("if (value is null)");
            code.WriteLine($"throw {ValueEmitter.Errors}.NullWritten({Quote(type.DisplayName)});");
            code.CloseBlock();
            code.WriteLine();
        }

        if (type.MayBeDerived)
        {
            code.OpenBlock($"if (value.GetType() != typeof({type.Type}))");
            code.WriteLine($"throw {ValueEmitter.Errors}.DerivedTypeWritten({Quote(type.DisplayName)}, value);");
            code.CloseBlock();
            code.WriteLine();
        }

        code.WriteLine("writer.IncrementDepth();");
        Write(code, type, values);
        code.WriteLine("writer.DecrementDepth();");
        code.CloseBlock();
        code.WriteLine();
        code.WriteLine("/// <inheritdoc/>");
        code.OpenBlock($"public {type.Type} Read(ref global::TunnelRpc.Serialization.MessagePackReader reader)");
        code.WriteLine("reader.IncrementDepth();");
        if (type.Encoding == TypeEncoding.Union)
        {
            ReadUnion(code, type, values);
        }
        else
        {
            ReadObject(code, type, values);
        }

        code.CloseBlock();
        code.CloseBlock();
        code.CloseBlock();
        return code.ToString();
    }

    private static void Write(CodeWriter code, TypeModel type, ValueEmitter values)
    {
        switch (type.Encoding)
        {
            case TypeEncoding.Union:
                code.WriteLine("writer.WriteArrayHeader(2);");
                code.OpenBlock("switch (value)");
                for (int i = 0; i < type.Cases.Count; i++)
                {
                    UnionCaseModel unionCase = type.Cases[i];
                    code.WriteLine($"case {unionCase.Type} c{Text(i)}:");
                    code.WriteLine($"    writer.Write({Text(unionCase.Tag)});");
                    code.WriteLine("    " + values.WriteStatement(unionCase.Value with { IsNonNullable = false }, "c" + Text(i), ""));
                    code.WriteLine("    break;");
                }

                code.WriteLine("default:");
                string expected = Quote($"Expected a case of the union {type.DisplayName}, got ");
                string reason = Quote(", which is not declared with [TunnelUnion].");
                code.WriteLine($"    throw new {ExceptionType}({expected} + value.GetType() + {reason});");
                code.CloseBlock();
                break;
            case TypeEncoding.Map:
                code.WriteLine($"writer.WriteMapHeader({Text(type.Members.Count)});");
                foreach (MemberModel member in type.Members)
                {
                    code.WriteLine($"writer.WriteUtf8({Quote(member.Key)}u8);");
                    code.WriteLine(values.WriteStatement(member.Value, "value." + member.Name, member.DisplayName));
                }

                break;
            default:
                int length = type.Members.Max(m => m.Index!.Value) + 1;
                code.WriteLine($"writer.WriteArrayHeader({Text(length)});");
                for (int index = 0; index < length; index++)
                {
                    MemberModel? member = type.Members.FirstOrDefault(m => m.Index == index);
                    code.WriteLine(member is null
                        ? "writer.WriteNil();"
                        : values.WriteStatement(member.Value, "value." + member.Name, member.DisplayName));
                }

                break;
        }
    }

    private static void ReadUnion(CodeWriter code, TypeModel type, ValueEmitter values)
    {
        code.WriteLine("int count = reader.ReadArrayHeader();");
        code.OpenBlock("if (count != 2)");
        string expected = Quote($"Expected the union {type.DisplayName} as an array of 2 elements, got an array of ");
        code.WriteLine($"throw new {ExceptionType}({expected} + count + \".\");");
        code.CloseBlock();
        code.WriteLine();
        code.WriteLine("int tag = reader.ReadInt32();");
        code.WriteLine($"{type.Type} result = tag switch");
        code.WriteLine("{");
        foreach (UnionCaseModel unionCase in type.Cases)
        {
            code.WriteLine($"    {Text(unionCase.Tag)} => {values.ReadExpression(unionCase.Value)},");
        }

        string expectedTag = Quote($"Expected a tag of the union {type.DisplayName}, got ");
        code.WriteLine($"    _ => throw new {ExceptionType}({expectedTag} + tag + \".\"),");
        code.WriteLine("};");
        code.WriteLine("reader.DecrementDepth();");
        code.WriteLine("return result;");
    }

    private static void ReadObject(CodeWriter code, TypeModel type, ValueEmitter values)
    {
        List<MemberModel> members = type.Members.ToList();
        for (int i = 0; i < members.Count; i++)
        {
            code.WriteLine($"{members[i].Value.Type} m{Text(i)} = {members[i].Default ?? "default!"};");
            if (IsTracked(members[i]))
            {
                code.WriteLine($"bool has{Text(i)} = false;");
            }
        }

        code.WriteLine($"int count = reader.Read{(type.Encoding == TypeEncoding.Map ? "Map" : "Array")}Header();");
        code.OpenBlock("for (int i = 0; i < count; i++)");
        if (type.Encoding == TypeEncoding.Map)
        {
            code.WriteLine("global::System.ReadOnlySpan<byte> key = reader.ReadUtf8();");
            for (int i = 0; i < members.Count; i++)
            {
                string condition = $"global::System.MemoryExtensions.SequenceEqual(key, {Quote(members[i].Key)}u8)";
                code.OpenBlock($"{(i == 0 ? "if" : "else if")} ({condition})");
                Assign(i);
                code.CloseBlock();
            }

            if (members.Count > 0)
            {
                code.OpenBlock("else");
            }

            code.WriteLine("reader.Skip();");
            if (members.Count > 0)
            {
                code.CloseBlock();
            }
        }
        else
        {
            code.OpenBlock("switch (i)");
            for (int i = 0; i < members.Count; i++)
            {
                code.OpenBlock($"case {Text(members[i].Index!.Value)}:");
                Assign(i);
                code.WriteLine("break;");
                code.CloseBlock();
            }

            code.WriteLine("default:");
            code.WriteLine("    reader.Skip();");
            code.WriteLine("    break;");
            code.CloseBlock();
        }

        code.CloseBlock();
        code.WriteLine();
        code.WriteLine("reader.DecrementDepth();");
        string arguments = string.Join(", ", Indexes(members, MemberInitialization.Constructor)
            .Select(i => (members[i].Argument is { } name ? name + ": m" : "m") + Text(i)));
        List<int> required = Indexes(members, MemberInitialization.Required).ToList();
        List<int> initialized = Indexes(members, MemberInitialization.Initializer).ToList();
        foreach (int i in Enumerable.Range(0, members.Count).Where(i => MustBePresent(members[i])))
        {
            code.OpenBlock($"if (!has{Text(i)})");
            code.WriteLine($"throw {ValueEmitter.Errors}.MissingMember({Quote(members[i].DisplayName)}, reader.Position);");
            code.CloseBlock();
            code.WriteLine();
        }

        if (initialized.Count > 0)
        {
            EmitDefaults(code, members, initialized, New(required));
        }

        string creation = New(required.Concat(initialized));
        List<int> assigned = Indexes(members, MemberInitialization.Assignment).ToList();
        if (assigned.Count == 0)
        {
            code.WriteLine($"return {creation};");
            return;
        }

        code.WriteLine($"var result = {creation};");
        foreach (int i in assigned)
        {
            code.OpenBlock($"if (has{Text(i)})");
            code.WriteLine($"result.{members[i].Name} = m{Text(i)};");
            code.CloseBlock();
            code.WriteLine();
        }

        code.WriteLine("return result;");

        string New(IEnumerable<int> initializers)
        {
            string initializer = string.Join(", ", initializers.Select(i => $"{members[i].Name} = m{Text(i)}"));
            return $"new {type.Type}({arguments})" + (initializer.Length == 0 ? "" : $" {{ {initializer} }}");
        }

        void Assign(int i)
        {
            code.WriteLine($"m{Text(i)} = {values.ReadExpression(members[i].Value, members[i].DisplayName)};");
            if (IsTracked(members[i]))
            {
                code.WriteLine($"has{Text(i)} = true;");
            }
        }
    }

    /// <summary>
    /// Emits the default values of init-only members. They are known only to the type, so the code creates an object to read them. It does
    /// this only if a member is missing in the received data.
    /// </summary>
    private static void EmitDefaults(CodeWriter code, List<MemberModel> members, List<int> initialized, string creation)
    {
        code.OpenBlock($"if (!({string.Join(" && ", initialized.Select(i => "has" + Text(i)))}))");
        code.WriteLine($"var defaults = {creation};");
        foreach (int i in initialized)
        {
            code.WriteLine($"m{Text(i)} = has{Text(i)} ? m{Text(i)} : defaults.{members[i].Name};");
        }

        code.CloseBlock();
        code.WriteLine();
    }

    /// <summary>
    /// Returns whether the received data must contain the member: a required member, or a non-nullable constructor parameter without a
    /// default.
    /// </summary>
    private static bool MustBePresent(MemberModel member) =>
        member.Initialization == MemberInitialization.Required
        || member is { Initialization: MemberInitialization.Constructor, Default: null, Value.IsNonNullable: true };

    /// <summary>Returns whether the generated code records if the member is present.</summary>
    private static bool IsTracked(MemberModel member) =>
        MustBePresent(member) || member.Initialization is MemberInitialization.Assignment or MemberInitialization.Initializer;

    private static IEnumerable<int> Indexes(List<MemberModel> members, MemberInitialization setting) =>
        Enumerable.Range(0, members.Count).Where(i => members[i].Initialization == setting);

    private static string Quote(string text) => SymbolDisplay.FormatLiteral(text, quote: true);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
