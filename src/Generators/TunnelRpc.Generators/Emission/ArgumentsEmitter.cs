using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Microsoft.CodeAnalysis.CSharp;
using TunnelRpc.Generators.Model;

namespace TunnelRpc.Generators.Emission;

/// <summary>Emits the struct of the arguments of a method, and the formatter of the struct.</summary>
internal static class ArgumentsEmitter
{
    private const string RpcNamespace = "global::TunnelRpc.";

    /// <summary>
    /// Emits the argument struct and its formatter. The arguments are encoded as one array with one element for each parameter. When it is
    /// read, missing elements at the end get the defaults of their parameters and additional elements are skipped, so that parameters can
    /// be added to a contract. The fields are numbered, since a parameter may have any name, also that of the struct or of a member that
    /// every struct has.
    /// </summary>
    public static void Emit(CodeWriter code, ServiceModel service, MethodModel method, ValueEmitter values)
    {
        List<ParameterModel> parameters = ArgumentsOf(method);
        string type = method.Identifier + "Arguments";
        code.WriteLine();
        code.OpenBlock($"internal readonly struct {type} : {RpcNamespace}ITunnelArguments<{type}>");
        if (parameters.Count > 0)
        {
            code.OpenBlock($"public {type}({string.Join(", ", parameters.Select((p, i) => $"{p.Type} p{Text(i)}"))})");
            for (int i = 0; i < parameters.Count; i++)
            {
                code.WriteLine($"{FieldOf(i)} = p{Text(i)};");
            }

            code.CloseBlock();
            for (int i = 0; i < parameters.Count; i++)
            {
                code.WriteLine();
                code.WriteLine($"public readonly {parameters[i].Type} {FieldOf(i)};");
            }

            code.WriteLine();
        }

        EmitAccess(code, service, method, parameters);
        code.CloseBlock();
        code.WriteLine();
        code.OpenBlock($"private sealed class {method.Identifier}Formatter : {RpcNamespace}Serialization.ITunnelFormatter<{type}>");
        code.WriteLine($"public static readonly {method.Identifier}Formatter Instance = new();");
        string names = string.Join(", ", parameters.Select(p => Quote(p.Name.TrimStart('@'))));
        string namesArray = parameters.Count == 0 ? "global::System.Array.Empty<string>()" : $"new[] {{ {names} }}";
        code.WriteLine($"public static readonly string[] Names = {namesArray};");
        code.WriteLine();
        code.OpenBlock($"public void Write(ref {RpcNamespace}Serialization.MessagePackWriter writer, {type} value)");
        code.WriteLine($"writer.WriteArrayHeader({Text(parameters.Count)});");
        for (int i = 0; i < parameters.Count; i++)
        {
            code.WriteLine(values.WriteArgument(
                parameters[i].Value!, "value." + FieldOf(i), parameters[i].Name.TrimStart('@'), method.Name.TrimStart('@')));
        }

        code.CloseBlock();
        code.WriteLine();
        code.OpenBlock($"public {type} Read(ref {RpcNamespace}Serialization.MessagePackReader reader)");
        code.WriteLine("int count = reader.ReadArrayHeader();");
        for (int i = 0; i < parameters.Count; i++)
        {
            ParameterModel parameter = parameters[i];
            string name = ArgumentName(method, parameter);
            string missing = parameter.Default ?? $"throw {ValueEmitter.Errors}.MissingArgument({Quote(name)}, count)";
            string read = values.ReadExpression(parameter.Value!, name);
            code.WriteLine($"{parameter.Type} p{Text(i)} = count <= {Text(i)} ? {missing} : {read};");
        }

        code.OpenBlock($"for (int i = {Text(parameters.Count)}; i < count; i++)");
        code.WriteLine("reader.Skip();");
        code.CloseBlock();
        code.WriteLine();
        code.WriteLine(parameters.Count == 0
            ? "return default;"
            : $"return new {type}({string.Join(", ", parameters.Select((_, i) => "p" + Text(i)))});");
        code.CloseBlock();
        code.CloseBlock();
    }

    /// <summary>Emits the access of filters to the arguments.</summary>
    private static void EmitAccess(CodeWriter code, ServiceModel service, MethodModel method, List<ParameterModel> parameters)
    {
        string type = method.Identifier + "Arguments";
        string contract = $"{RpcNamespace}ITunnelArguments<{type}>";
        string names = $"{RpcNamespace}Generated.{service.Identifier}.{method.Identifier}Formatter.Names";
        string count = Text(parameters.Count);
        code.WriteLine($"global::System.Collections.Generic.IReadOnlyList<string> {contract}.Names => {names};");
        code.WriteLine();
        EmitSwitch(code, $"object? {contract}.Get(int index)", parameters.Select((_, i) => FieldOf(i)), count);
        code.WriteLine();
        EmitSwitch(
            code,
            $"{type} {contract}.With(int index, object? value)",
            parameters.Select((_, replaced) => $"new {type}({string.Join(", ", parameters.Select((p, i) => i == replaced
                ? $"{RpcNamespace}TunnelArgument.Unbox<{p.Type}>(value, {Quote(p.Name.TrimStart('@'))})"
                : FieldOf(i)))})"),
            count);
    }

    private static void EmitSwitch(CodeWriter code, string header, IEnumerable<string> arms, string count)
    {
        code.OpenBlock($"{header} => index switch");
        foreach ((string arm, int i) in arms.Select((arm, i) => (arm, i)))
        {
            code.WriteLine($"{Text(i)} => {arm},");
        }

        code.WriteLine($"_ => throw {RpcNamespace}TunnelArgument.IndexOutOfRange(index, {count}),");
        code.CloseBlock(";");
    }

    /// <summary>Returns the parameters whose values are in the argument struct.</summary>
    public static List<ParameterModel> ArgumentsOf(MethodModel method) =>
        method.Parameters.Where(p => p.Role == ParameterRole.Argument).ToList();

    /// <summary>Returns the field of the argument struct that has the argument with this index.</summary>
    public static string FieldOf(int index) => "Argument" + Text(index);

    private static string ArgumentName(MethodModel method, ParameterModel parameter) =>
        $"the argument {parameter.Name.TrimStart('@')} of {method.Name.TrimStart('@')}";

    private static string Quote(string text) => SymbolDisplay.FormatLiteral(text, quote: true);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
