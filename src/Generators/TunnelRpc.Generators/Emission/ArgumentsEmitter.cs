using System.Collections.Generic;
using System.Linq;
using TunnelRpc.Generators.Model;
using static TunnelRpc.Generators.Emission.CodeWriter;

namespace TunnelRpc.Generators.Emission;

// Decision: docs/adr/0089-less-generated-code.md
/// <summary>Emits the arguments of a method, which are a tuple, and their formatter.</summary>
internal static class ArgumentsEmitter
{
    /// <summary>The number of items of a tuple after which the others are in a tuple of their own, as the compiler does it.</summary>
    private const int MaxItems = 7;

    /// <summary>Returns the type of the arguments.</summary>
    public static string TypeOf(MethodModel method) => TupleOf(ArgumentsOf(method));

    /// <summary>Returns an expression that creates the arguments from the parameters of the method.</summary>
    public static string CreationOf(MethodModel method)
    {
        List<ParameterModel> arguments = ArgumentsOf(method);
        string names = string.Join(", ", arguments.Select(a => a.Name));
        return arguments.Count switch
        {
            0 => "default",
            1 => $"new({names})",
            _ => $"({names})",
        };
    }

    /// <summary>Returns an expression for the argument of a parameter.</summary>
    public static string AccessTo(MethodModel method, ParameterModel parameter) =>
        "arguments.Item" + Text(ArgumentsOf(method).IndexOf(parameter) + 1);

    /// <summary>Returns the lines of an expression that creates the formatter of the arguments.</summary>
    public static IEnumerable<string> FormatterOf(MethodModel method, ValueEmitter values) =>
        FormatterOf(ArgumentsOf(method), Quote(method.Name.TrimStart('@')), values);

    private static IEnumerable<string> FormatterOf(List<ParameterModel> arguments, string method, ValueEmitter values)
    {
        if (arguments.Count == 0)
        {
            yield return "Rpc::ArgumentsFormatter.None";
            yield break;
        }

        List<ParameterModel> first = arguments.Take(MaxItems).ToList();
        List<ParameterModel> rest = arguments.Skip(MaxItems).ToList();
        IEnumerable<string> types = first.Select(a => a.Type);
        yield return $"new Rpc::ArgumentsFormatter<{string.Join(", ", rest.Count == 0 ? types : types.Append(TupleOf(rest)))}>(";
        yield return $"    {method},";
        for (int i = 0; i < first.Count; i++)
        {
            ParameterModel parameter = first[i];
            string defaultValue = parameter.Default is null ? "" : ", " + parameter.Default;
            string name = Quote(parameter.Name.TrimStart('@'));
            string end = i < arguments.Count - 1 ? "," : ")";
            string notNull = parameter.Value!.IsNonNullable ? " { NotNull = true }" : "";
            yield return $"    new({name}, {values.FormatterExpression(parameter.Value)}{defaultValue}){notNull}{end}";
        }

        if (rest.Count > 0)
        {
            List<string> lines = FormatterOf(rest, method, values).ToList();
            for (int i = 0; i < lines.Count; i++)
            {
                yield return $"    {lines[i]}{(i == lines.Count - 1 ? ")" : "")}";
            }
        }
    }

    private static string TupleOf(List<ParameterModel> arguments)
    {
        string types = string.Join(", ", arguments.Select(a => a.Type));
        return arguments.Count switch
        {
            0 => "global::System.ValueTuple",
            1 => $"global::System.ValueTuple<{types}>",
            _ => $"({types})",
        };
    }

    private static List<ParameterModel> ArgumentsOf(MethodModel method) =>
        method.Parameters.Where(p => p.Role == ParameterRole.Argument).ToList();
}
