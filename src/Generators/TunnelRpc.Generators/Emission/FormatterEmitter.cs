using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Microsoft.CodeAnalysis.CSharp;
using TunnelRpc.Generators.Model;

namespace TunnelRpc.Generators.Emission;

/// <summary>Prints the formatter of one type.</summary>
internal static class FormatterEmitter
{
    private const string Exception = "global::TunnelRpc.Serialization.MessagePackException";

    public static string Emit(TypeModel type)
    {
        var code = new CodeWriter();
        ValueCode values = new ValueCode().With(type.Members.Select(m => m.Value)).With(type.Cases.Select(c => c.Value));
        code.FileHeader();
        code.Open("namespace TunnelRpc.Generated");
        code.Line($"/// <summary>Reads and writes {type.DisplayName.Replace("<", "&lt;").Replace(">", "&gt;")}.</summary>");
        code.Line(ServiceEmitter.GeneratedCode);
        if (type.UsesObsolete)
        {
            code.Line(ServiceEmitter.Obsolete);
        }

        code.Open($"internal sealed class {type.Identifier} : global::TunnelRpc.Serialization.ITunnelFormatter<{type.Type}>");
        code.Line("/// <summary>The one instance; first, because formatters of recursive types refer to each other.</summary>");
        code.Line($"public static readonly {type.Identifier} Instance = new();");
        values.Declare(code);
        code.Line();
        code.Line("/// <inheritdoc/>");
        code.Open($"public void Write(ref global::TunnelRpc.Serialization.MessagePackWriter writer, {type.Type} value)");
        if (type.IsReference)
        {
            code.Open("if (value is null)");
            code.Line($"throw {ValueCode.Errors}.NullWritten({Quote(type.DisplayName)});");
            code.Close();
            code.Line();
        }

        code.Line("writer.Enter();");
        Write(code, type, values);
        code.Line("writer.Leave();");
        code.Close();
        code.Line();
        code.Line("/// <inheritdoc/>");
        code.Open($"public {type.Type} Read(ref global::TunnelRpc.Serialization.MessagePackReader reader)");
        code.Line("reader.Enter();");
        if (type.Encoding == TypeEncoding.Union)
        {
            ReadUnion(code, type, values);
        }
        else
        {
            ReadObject(code, type, values);
        }

        code.Close();
        code.Close();
        code.Close();
        return code.ToString();
    }

    private static void Write(CodeWriter code, TypeModel type, ValueCode values)
    {
        switch (type.Encoding)
        {
            case TypeEncoding.Union:
                code.Line("writer.WriteArrayHeader(2);");
                code.Open("switch (value)");
                for (int i = 0; i < type.Cases.Count; i++)
                {
                    UnionCaseModel unionCase = type.Cases[i];
                    code.Line($"case {unionCase.Type} c{Text(i)}:");
                    code.Line($"    writer.Write({Text(unionCase.Tag)});");
                    code.Line("    " + values.Write(unionCase.Value with { RefusesNull = false }, "c" + Text(i), ""));
                    code.Line("    break;");
                }

                code.Line("default:");
                code.Line($"    throw new {Exception}({Quote($"Expected a case of the union {type.DisplayName}, got a ")} + value.GetType() + {Quote(", which is not listed with [TunnelUnion].")});");
                code.Close();
                break;
            case TypeEncoding.Map:
                code.Line($"writer.WriteMapHeader({Text(type.Members.Count)});");
                foreach (MemberModel member in type.Members)
                {
                    code.Line($"writer.WriteUtf8({Quote(member.Key)}u8);");
                    code.Line(values.Write(member.Value, "value." + member.Name, member.DisplayName));
                }

                break;
            default:
                int length = type.Members.Max(m => m.Index!.Value) + 1;
                code.Line($"writer.WriteArrayHeader({Text(length)});");
                for (int index = 0; index < length; index++)
                {
                    MemberModel? member = type.Members.FirstOrDefault(m => m.Index == index);
                    code.Line(member is null ? "writer.WriteNil();" : values.Write(member.Value, "value." + member.Name, member.DisplayName));
                }

                break;
        }
    }

    private static void ReadUnion(CodeWriter code, TypeModel type, ValueCode values)
    {
        code.Line("int count = reader.ReadArrayHeader();");
        code.Open("if (count != 2)");
        code.Line($"throw new {Exception}({Quote($"Expected a union {type.DisplayName} as an array of 2, got one of ")} + count + \".\");");
        code.Close();
        code.Line();
        code.Line("int tag = reader.ReadInt32();");
        code.Line($"{type.Type} result = tag switch");
        code.Line("{");
        foreach (UnionCaseModel unionCase in type.Cases)
        {
            code.Line($"    {Text(unionCase.Tag)} => {values.Read(unionCase.Value)},");
        }

        code.Line($"    _ => throw new {Exception}({Quote($"Expected a tag of the union {type.DisplayName}, got ")} + tag + \".\"),");
        code.Line("};");
        code.Line("reader.Leave();");
        code.Line("return result;");
    }

    private static void ReadObject(CodeWriter code, TypeModel type, ValueCode values)
    {
        List<MemberModel> members = type.Members.ToList();
        for (int i = 0; i < members.Count; i++)
        {
            code.Line($"{members[i].Value.Type} m{Text(i)} = {members[i].Default ?? "default!"};");
            if (IsTracked(members[i]))
            {
                code.Line($"bool has{Text(i)} = false;");
            }
        }

        code.Line($"int count = reader.Read{(type.Encoding == TypeEncoding.Map ? "Map" : "Array")}Header();");
        code.Open("for (int i = 0; i < count; i++)");
        if (type.Encoding == TypeEncoding.Map)
        {
            code.Line("global::System.ReadOnlySpan<byte> key = reader.ReadUtf8();");
            for (int i = 0; i < members.Count; i++)
            {
                code.Open($"{(i == 0 ? "if" : "else if")} (global::System.MemoryExtensions.SequenceEqual(key, {Quote(members[i].Key)}u8))");
                Assign(i);
                code.Close();
            }

            if (members.Count > 0)
            {
                code.Open("else");
            }

            code.Line("reader.Skip();");
            if (members.Count > 0)
            {
                code.Close();
            }
        }
        else
        {
            code.Open("switch (i)");
            for (int i = 0; i < members.Count; i++)
            {
                code.Open($"case {Text(members[i].Index!.Value)}:");
                Assign(i);
                code.Line("break;");
                code.Close();
            }

            code.Line("default:");
            code.Line("    reader.Skip();");
            code.Line("    break;");
            code.Close();
        }

        code.Close();
        code.Line();
        code.Line("reader.Leave();");
        string arguments = string.Join(", ", Indexes(members, MemberSetting.Constructor).Select(i => (members[i].Argument is { } name ? name + ": m" : "m") + Text(i)));
        List<int> required = Indexes(members, MemberSetting.Required).ToList();
        List<int> initialized = Indexes(members, MemberSetting.Initializer).ToList();
        foreach (int i in Enumerable.Range(0, members.Count).Where(i => MustCome(members[i])))
        {
            code.Open($"if (!has{Text(i)})");
            code.Line($"throw {ValueCode.Errors}.Missing({Quote(members[i].DisplayName)}, reader.Position);");
            code.Close();
            code.Line();
        }

        if (initialized.Count > 0)
        {
            EmitDefaults(code, members, initialized, New(required));
        }

        string made = New(required.Concat(initialized));
        List<int> assigned = Indexes(members, MemberSetting.Assignment).ToList();
        if (assigned.Count == 0)
        {
            code.Line($"return {made};");
            return;
        }

        code.Line($"var result = {made};");
        foreach (int i in assigned)
        {
            code.Open($"if (has{Text(i)})");
            code.Line($"result.{members[i].Name} = m{Text(i)};");
            code.Close();
            code.Line();
        }

        code.Line("return result;");

        string New(IEnumerable<int> initializers)
        {
            string initializer = string.Join(", ", initializers.Select(i => $"{members[i].Name} = m{Text(i)}"));
            return $"new {type.Type}({arguments})" + (initializer.Length == 0 ? "" : $" {{ {initializer} }}");
        }

        void Assign(int i)
        {
            code.Line($"m{Text(i)} = {values.Read(members[i].Value, members[i].DisplayName)};");
            if (IsTracked(members[i]))
            {
                code.Line($"has{Text(i)} = true;");
            }
        }
    }

    /// <summary>Only the type itself knows what its init-only members are when nobody sets them: asked only when one did not come.</summary>
    private static void EmitDefaults(CodeWriter code, List<MemberModel> members, List<int> initialized, string made)
    {
        code.Open($"if (!({string.Join(" && ", initialized.Select(i => "has" + Text(i)))}))");
        code.Line($"var defaults = {made};");
        foreach (int i in initialized)
        {
            code.Line($"m{Text(i)} = has{Text(i)} ? m{Text(i)} : defaults.{members[i].Name};");
        }

        code.Close();
        code.Line();
    }

    /// <summary>Required members, and what a constructor takes that has no default and cannot be null.</summary>
    private static bool MustCome(MemberModel member) =>
        member.Setting == MemberSetting.Required || member is { Setting: MemberSetting.Constructor, Default: null, Value.RefusesNull: true };

    private static bool IsTracked(MemberModel member) => MustCome(member) || member.Setting is MemberSetting.Assignment or MemberSetting.Initializer;

    private static IEnumerable<int> Indexes(List<MemberModel> members, MemberSetting setting) =>
        Enumerable.Range(0, members.Count).Where(i => members[i].Setting == setting);

    private static string Quote(string text) => SymbolDisplay.FormatLiteral(text, quote: true);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
