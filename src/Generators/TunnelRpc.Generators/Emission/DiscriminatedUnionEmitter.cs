using System.Linq;
using TunnelRpc.Generators.Model;
using static TunnelRpc.Generators.Emission.CodeWriter;

namespace TunnelRpc.Generators.Emission;

/// <summary>
/// Emits how a discriminated union of F# is written and read: as an array of the tag and an array of the fields. When it is read, fields
/// that the receiver does not know are skipped.
/// </summary>
internal static class DiscriminatedUnionEmitter
{
    private const string ExceptionType = "Codec::MessagePackException";

    public static void Write(CodeWriter code, TypeModel type, ValueEmitter values)
    {
        code.WriteLine("writer.WriteArrayHeader(2);");
        code.WriteLine("writer.Write(value.Tag);");
        code.OpenBlock("switch (value.Tag)");
        foreach (DiscriminatedCaseModel unionCase in type.DiscriminatedCases)
        {
            code.OpenBlock($"case {Text(unionCase.Tag)}:");
            if (unionCase.Fields.Count > 0)
            {
                code.WriteLine($"var c = ({unionCase.Type})value;");
            }

            code.WriteLine($"writer.WriteArrayHeader({Text(unionCase.Fields.Count)});");
            foreach (DiscriminatedFieldModel field in unionCase.Fields)
            {
                code.WriteLine(values.WriteStatement(field.Value, "c." + field.Name, ValueEmitter.NullWritten(field.DisplayName)));
            }

            code.WriteLine("break;");
            code.CloseBlock();
        }

        code.WriteLine("default:");
        string expected = Quote($"Expected a case of {type.DisplayName} that was known when the contract was compiled, got the tag ");
        code.WriteLine($"    throw new {ExceptionType}({expected} + value.Tag + \".\");");
        code.CloseBlock();
    }

    public static void Read(CodeWriter code, TypeModel type, ValueEmitter values)
    {
        code.WriteLine("int count = reader.ReadArrayHeader();");
        code.OpenBlock("if (count != 2)");
        string expected = Quote($"Expected {type.DisplayName} as an array of 2 elements, got an array of ");
        code.WriteLine($"throw new {ExceptionType}({expected} + count + \".\");");
        code.CloseBlock();
        code.WriteLine();
        code.WriteLine("int tag = reader.ReadInt32();");
        code.WriteLine("int fields = reader.ReadArrayHeader();");
        code.WriteLine("int read;");
        code.WriteLine($"{type.Type} result;");
        code.OpenBlock("switch (tag)");
        foreach (DiscriminatedCaseModel unionCase in type.DiscriminatedCases)
        {
            ReadCase(code, unionCase, values);
        }

        code.WriteLine("default:");
        string expectedTag = Quote($"Expected a tag of {type.DisplayName}, got ");
        code.WriteLine($"    throw new {ExceptionType}({expectedTag} + tag + \".\");");
        code.CloseBlock();
        code.WriteLine();
        code.OpenBlock("for (; read < fields; read++)");
        code.WriteLine("reader.Skip();");
        code.CloseBlock();
        code.WriteLine();
        code.WriteLine("reader.DecrementDepth();");
        code.WriteLine("return result;");
    }

    private static void ReadCase(CodeWriter code, DiscriminatedCaseModel unionCase, ValueEmitter values)
    {
        int count = unionCase.Fields.Count;
        code.OpenBlock($"case {Text(unionCase.Tag)}:");
        for (int i = 0; i < count; i++)
        {
            DiscriminatedFieldModel field = unionCase.Fields[i];
            string missing = $"throw {ValueEmitter.Errors}.MissingMember({Quote(field.DisplayName)}, \"[1][{Text(i)}]\", start)";
            string present = values.ReadExpression(field.Value, ValueEmitter.NilRead(field.DisplayName));
            code.WriteLine($"{field.Value.Type} f{Text(i)} = fields <= {Text(i)} ? {missing} : {present};");
        }

        string arguments = string.Join(", ", Enumerable.Range(0, count).Select(i => "f" + Text(i)));
        code.WriteLine($"result = {unionCase.Creation}{(unionCase.IsProperty ? "" : $"({arguments})")};");
        code.WriteLine($"read = {Text(count)};");
        code.WriteLine("break;");
        code.CloseBlock();
    }
}
