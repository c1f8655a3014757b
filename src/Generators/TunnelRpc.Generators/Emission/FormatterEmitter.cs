using System.Collections.Generic;
using System.Linq;
using TunnelRpc.Generators.Model;
using static TunnelRpc.Generators.Emission.CodeWriter;

namespace TunnelRpc.Generators.Emission;

// Decision: docs/adr/0009-generated-code-nullable.md
/// <summary>Emits the formatters of types.</summary>
internal static class FormatterEmitter
{
    private const string CallbackReceiver = "global::MessagePack.IMessagePackSerializationCallbackReceiver";
    private const string ExceptionType = "Codec::MessagePackException";

    /// <summary>Returns a file with the formatters of the types.</summary>
    public static string Emit(IReadOnlyList<TypeModel> types)
    {
        var code = new CodeWriter();
        code.WriteFileHeader(types.Any(t => t.UsesObsolete));
        code.WriteGeneratedNamespace();
        for (int i = 0; i < types.Count; i++)
        {
            if (i > 0)
            {
                code.WriteLine();
            }

            EmitClass(code, types[i]);
        }

        return code.ToString();
    }

    private static void EmitClass(CodeWriter code, TypeModel type)
    {
        ValueEmitter values = new ValueEmitter()
            .AddFormatters(type.Members.Select(m => m.Value))
            .AddFormatters(type.Cases.Select(c => c.Value))
            .AddFormatters(type.DiscriminatedCases.SelectMany(c => c.Fields).Select(f => f.Value));
        code.WriteLine($"/// <summary>Reads and writes {type.DisplayName.Replace("<", "&lt;").Replace(">", "&gt;")}.</summary>");
        code.WriteLine(ServiceEmitter.GeneratedCode);
        if (type.UsesObsolete)
        {
            code.WriteLine(ServiceEmitter.Obsolete);
        }

        code.OpenBlock($"internal sealed class {type.Identifier} : Codec::ITunnelFormatter<{type.Type}>");

        // Declared first, since formatters of recursive types refer to each other.
        code.WriteLine($"public static readonly {type.Identifier} Instance = new();");
        values.DeclareFormatterFields(code);
        if (type is { Encoding: TypeEncoding.Map, Members.Count: > 0 })
        {
            string keys = string.Join(", ", type.Members.Select(m => m.Key).Prepend(type.DisplayName).Select(Quote));
            code.WriteLine($"private static readonly Codec::MemberKeys Keys = new({keys});");
        }

        code.WriteLine();
        code.OpenBlock($"public void Write(ref Codec::MessagePackWriter writer, {type.Type} value)");
        if (type.IsReference)
        {
            code.WriteLine($"if (value is null) throw {ValueEmitter.Errors}.NullWritten({Quote(type.DisplayName)});");
        }

        if (type.MayBeDerived)
        {
            string error = $"{ValueEmitter.Errors}.DerivedTypeWritten({Quote(type.DisplayName)}, value)";
            code.WriteLine($"if (((object)value).GetType() != typeof({type.Type})) throw {error};");
        }

        if (type.HasCallbacks)
        {
            EmitCallback(code, type, "value", "OnBeforeSerialize");
            code.WriteLine();
        }

        code.WriteLine("writer.IncrementDepth();");
        Write(code, type, values);
        code.WriteLine("writer.DecrementDepth();");
        code.CloseBlock();
        code.WriteLine();
        code.OpenBlock($"public {type.Type} Read(ref Codec::MessagePackReader reader)");
        bool needsStart = type.MayThrow
            || type.Encoding == TypeEncoding.DiscriminatedUnion
            || type.Members.Any(m => m.MustBePresent);
        code.WriteLine(needsStart ? "int start = reader.Position; reader.IncrementDepth();" : "reader.IncrementDepth();");
        switch (type.Encoding)
        {
            case TypeEncoding.Union:
                ReadUnion(code, type, values);
                break;
            case TypeEncoding.DiscriminatedUnion:
                DiscriminatedUnionEmitter.Read(code, type, values);
                break;
            default:
                ReadObject(code, type, values);
                break;
        }

        code.CloseBlock();
        code.CloseBlock();
    }

    private static void Write(CodeWriter code, TypeModel type, ValueEmitter values)
    {
        var checks = new MemberChecks(type);
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
            case TypeEncoding.DiscriminatedUnion:
                DiscriminatedUnionEmitter.Write(code, type, values);
                break;
            case TypeEncoding.Map:
                code.WriteLine($"writer.WriteMapHeader({Text(type.Members.Count)});");
                for (int i = 0; i < type.Members.Count; i++)
                {
                    MemberModel member = type.Members[i];
                    string write = values.WriteStatement(member.Value, "value." + member.Name, checks.NullWritten(i));
                    code.WriteLine($"writer.WriteUtf8({Quote(member.Key)}u8); {write}");
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
                        : values.WriteStatement(member.Value, "value." + member.Name, ValueEmitter.NullWritten(member.DisplayName)));
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
        var checks = new MemberChecks(type);
        for (int i = 0; i < members.Count; i++)
        {
            string isPresent = IsTracked(members[i]) ? $" bool has{Text(i)} = false;" : "";
            code.WriteLine($"{members[i].Value.Type} m{Text(i)} = {members[i].Default ?? "default!"};{isPresent}");
        }

        bool isMap = type.Encoding == TypeEncoding.Map;
        string start = isMap ? "count = reader.ReadMapHeader()" : "count = reader.ReadArrayHeader()";
        code.OpenBlock(isMap && members.Count > 0
            ? $"for (int next = 0, {start}; count > 0; count--)"
            : $"for (int i = 0, {start}; i < count; i++)");
        if (members.Count == 0)
        {
            code.WriteLine(isMap ? "reader.ReadUtf8(); reader.Skip();" : "reader.Skip();");
        }
        else
        {
            code.OpenBlock(isMap ? "switch (Keys.Read(ref reader, ref next))" : "switch (i)");
            for (int i = 0; i < members.Count; i++)
            {
                string read = checks.ReadInto("m" + Text(i), i, values);
                string isPresent = IsTracked(members[i]) ? $" has{Text(i)} = true;" : "";
                code.WriteLine($"case {Text(isMap ? i : members[i].Index!.Value)}: {read}{isPresent} break;");
            }

            code.WriteLine("default: reader.Skip(); break;");
            code.CloseBlock();
        }

        code.CloseBlock();
        code.WriteLine("reader.DecrementDepth();");
        string arguments = string.Join(", ", Indexes(members, MemberInitialization.Constructor)
            .Select(i => (members[i].Argument is { } name ? name + ": m" : "m") + Text(i)));
        List<int> required = Indexes(members, MemberInitialization.Required).ToList();
        List<int> initialized = Indexes(members, MemberInitialization.Initializer).ToList();
        foreach (int i in Enumerable.Range(0, members.Count).Where(i => members[i].MustBePresent))
        {
            code.WriteLine(checks.CheckPresence("has" + Text(i), i));
        }

        if (type.MayThrow)
        {
            code.OpenBlock("try");
        }

        if (initialized.Count > 0)
        {
            EmitDefaults(code, members, initialized, New(required));
        }

        string creation = New(required.Concat(initialized));
        List<int> assigned = Indexes(members, MemberInitialization.Assignment).ToList();
        if (assigned.Count == 0 && !type.HasCallbacks)
        {
            code.WriteLine($"return {creation};");
        }
        else
        {
            code.WriteLine($"var result = {creation};");
            foreach (int i in assigned)
            {
                code.WriteLine($"if (has{Text(i)}) result.{members[i].Name} = m{Text(i)};");
            }

            if (type.HasCallbacks)
            {
                EmitCallback(code, type, "result", "OnAfterDeserialize");
            }

            code.WriteLine("return result;");
        }

        if (type.MayThrow)
        {
            code.CloseBlock();
            code.OpenBlock("catch (global::System.Exception error)");
            code.WriteLine($"throw {ValueEmitter.Errors}.CreationFailed({Quote(type.DisplayName)}, start, error);");
            code.CloseBlock();
        }

        string New(IEnumerable<int> initializers)
        {
            string initializer = string.Join(", ", initializers.Select(i => $"{members[i].Name} = m{Text(i)}"));
            return $"new {type.Type}({arguments})" + (initializer.Length == 0 ? "" : $" {{ {initializer} }}");
        }
    }

    /// <summary>
    /// Emits the call of a callback, by its interface, since its implementation may be explicit. A struct is boxed for it and copied back.
    /// </summary>
    private static void EmitCallback(CodeWriter code, TypeModel type, string variable, string callback)
    {
        string cast = $"({CallbackReceiver}){variable}";
        if (type.IsReference)
        {
            code.WriteLine($"({cast}).{callback}();");
            return;
        }

        code.WriteLine($"var receiver = {cast};");
        code.WriteLine($"receiver.{callback}();");
        code.WriteLine($"{variable} = ({type.Type})receiver;");
    }

    /// <summary>
    /// Emits the default values of init-only members. They are known only to the type, so the code creates an object to read them. It does
    /// this only if a member is missing in the received data.
    /// </summary>
    private static void EmitDefaults(CodeWriter code, List<MemberModel> members, List<int> initialized, string creation)
    {
        string allPresent = string.Join(" && ", initialized.Select(i => "has" + Text(i)));
        code.OpenBlock(initialized.Count == 1 ? $"if (!{allPresent})" : $"if (!({allPresent}))");
        code.WriteLine($"var defaults = {creation};");
        foreach (int i in initialized)
        {
            code.WriteLine($"m{Text(i)} = has{Text(i)} ? m{Text(i)} : defaults.{members[i].Name};");
        }

        code.CloseBlock();
        code.WriteLine();
    }

    /// <summary>Returns whether the generated code records if the member is present.</summary>
    private static bool IsTracked(MemberModel member) =>
        member.MustBePresent || member.Initialization is MemberInitialization.Assignment or MemberInitialization.Initializer;

    private static IEnumerable<int> Indexes(List<MemberModel> members, MemberInitialization setting) =>
        Enumerable.Range(0, members.Count).Where(i => members[i].Initialization == setting);
}
