using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Microsoft.CodeAnalysis.CSharp;
using TunnelRpc.Generators.Model;

namespace TunnelRpc.Generators.Emission;

/// <summary>Prints a contract's generated part: its definition, its stub, and its arguments' formatters.</summary>
internal static class ServiceEmitter
{
    public const string GeneratedCode = "[global::System.CodeDom.Compiler.GeneratedCode(\"TunnelRpc.Generators\", \"1.0\")]";
    public const string Obsolete = "[global::System.Obsolete(\"It uses what is obsolete.\")]";
    private const string Rpc = "global::TunnelRpc.";
    private const string UnitFormatter = "global::TunnelRpc.Serialization.Formatters.UnitFormatter.Instance";

    public static string Emit(ServiceModel service)
    {
        var code = new CodeWriter();
        code.FileHeader();
        EmitContract(code, service);
        if (service.IsBroken)
        {
            return code.ToString();
        }

        code.Line();
        code.Open("namespace TunnelRpc.Generated");
        code.Line($"/// <summary>What is generated for {service.Type.Replace("global::", "")}.</summary>");
        code.Line(GeneratedCode);
        if (service.UsesObsolete)
        {
            code.Line(Obsolete);
        }

        code.Open($"internal static class {service.Identifier}");
        var values = new ValueCode();
        values.With(service.Methods.SelectMany(m => m.Parameters.Select(p => p.Value).Append(m.Result).Concat(m.Settings.Faults.Select(f => f.Value))).Where(v => v is not null)!);
        values.Declare(code);
        foreach (MethodModel method in service.Methods)
        {
            EmitMethod(code, service, method, values);
        }

        code.Line($"public static readonly {Rpc}TunnelServiceDefinition<{service.Type}> Definition = new(");
        code.Line($"    {Quote(service.WireName)},");
        code.Line($"    static invoker => new Stub(invoker){(service.Methods.Count == 0 ? ");" : ",")}");
        for (int i = 0; i < service.Methods.Count; i++)
        {
            code.Line($"    {service.Methods[i].Identifier}Method{(i == service.Methods.Count - 1 ? ");" : ",")}");
        }

        foreach (MethodModel method in service.Methods)
        {
            EmitArguments(code, service, method, values);
        }

        EmitStub(code, service);
        code.Close();
        code.Close();
        return code.ToString();
    }

    private static void EmitContract(CodeWriter code, ServiceModel service)
    {
        if (service.Namespace.Length > 0)
        {
            code.Open($"namespace {service.Namespace}");
        }

        for (int i = 0; i < service.Declarations.Count; i++)
        {
            code.Open(service.Declarations[i] + (i == service.Declarations.Count - 1 ? $" : {Rpc}ITunnelService<{service.Type}>" : ""));
        }

        code.Line(GeneratedCode);
        string definition = service.IsBroken
            ? $"throw new global::System.NotSupportedException({Quote($"The contract {service.WireName} was compiled with errors: see what the compiler said of it.")})"
            : $"{Rpc}Generated.{service.Identifier}.Definition";
        code.Line($"static {Rpc}TunnelServiceDefinition<{service.Type}> {Rpc}ITunnelService<{service.Type}>.TunnelDefinition => {definition};");
        for (int i = 0; i < service.Declarations.Count; i++)
        {
            code.Close();
        }

        if (service.Namespace.Length > 0)
        {
            code.Close();
        }
    }

    private static void EmitMethod(CodeWriter code, ServiceModel service, MethodModel method, ValueCode values)
    {
        List<string> formatters = [$"{method.Identifier}Formatter.Instance"];
        if (method.Parameters.FirstOrDefault(p => p.Role == ParameterRole.Stream)?.Value is { } item)
        {
            formatters.Add(values.Formatter(item));
        }

        if (method.Shape != MethodShape.OneWay)
        {
            formatters.Add(method.Result is null ? UnitFormatter : values.Formatter(method.Result));
        }

        bool streams = method.Shape is MethodShape.ClientStreaming or MethodShape.DuplexStreaming;

        // Two bases may have methods of one C# name, and the contract may hide one.
        string target = method.Contract == service.Type ? "service" : $"(({method.Contract})service)";
        string call = $"{target}.{method.Name}({string.Join(", ", method.Parameters.Select(p => p.Role switch
        {
            ParameterRole.Stream => "items",
            ParameterRole.CancellationToken => "cancellationToken",
            _ => "arguments." + p.Name,
        }))})";
        code.Line();
        code.Line($"public static readonly {MethodType(service, method)} {method.Identifier}Method = new(");
        code.Line($"    {Quote(service.WireName)},");
        code.Line($"    {Quote(method.WireName)},");
        foreach (string formatter in formatters)
        {
            code.Line($"    {formatter},");
        }

        List<string> settings = Settings(method.Settings, values);
        code.Line($"    static (service, arguments, {(streams ? "items, " : "")}cancellationToken) => {Adapt(method, call)}){(settings.Count == 0 ? ";" : "")}");
        if (settings.Count > 0)
        {
            code.Line("{");
            foreach (string setting in settings)
            {
                code.Line($"    {setting},");
            }

            code.Line("};");
        }

        code.Line();
    }

    private static List<string> Settings(MethodSettings settings, ValueCode values)
    {
        var lines = new List<string>();
        if (settings.DeadlineTicks is long ticks)
        {
            lines.Add($"Deadline = global::System.TimeSpan.FromTicks({ticks.ToString(CultureInfo.InvariantCulture)}L)");
        }

        if (settings.IsIdempotent)
        {
            lines.Add("IsIdempotent = true");
        }

        if (settings.IsOrdered)
        {
            lines.Add("IsOrdered = true");
        }

        if (settings.HasReferences)
        {
            lines.Add("HasReferences = true");
        }

        if (settings.Faults.Count > 0)
        {
            IEnumerable<string> faults = settings.Faults.Select(f => $"new {Rpc}TunnelFault<{f.Value.Type}>({Quote(f.Name)}, {values.Formatter(f.Value)})");
            lines.Add($"Faults = new {Rpc}TunnelFault[] {{ {string.Join(", ", faults)} }}");
        }

        return lines;
    }

    private static string Adapt(MethodModel method, string call) => method switch
    {
        { Shape: MethodShape.ServerStreaming or MethodShape.DuplexStreaming } => call,
        { Shape: MethodShape.OneWay, ReturnsValueTask: true } => call,
        { Shape: MethodShape.OneWay } => $"new global::System.Threading.Tasks.ValueTask({call})",
        { Result: null } => $"{Rpc}Serialization.Unit.From({call})",
        { ReturnsValueTask: true } => call,
        _ => $"new global::System.Threading.Tasks.ValueTask<{method.Result.Type}>({call})",
    };

    private static string MethodType(ServiceModel service, MethodModel method)
    {
        List<string> arguments = [service.Type, method.Identifier + "Arguments"];
        if (method.Parameters.FirstOrDefault(p => p.Role == ParameterRole.Stream)?.Value is { } item)
        {
            arguments.Add(item.Type);
        }

        if (method.Shape != MethodShape.OneWay)
        {
            arguments.Add(method.Result?.Type ?? Rpc + "Serialization.Unit");
        }

        return $"{Rpc}{method.Shape}Method<{string.Join(", ", arguments)}>";
    }

    /// <summary>The arguments as one value: an array with an element a parameter. Missing ones at the end take their defaults, further ones are skipped, so that parameters can be added.</summary>
    private static void EmitArguments(CodeWriter code, ServiceModel service, MethodModel method, ValueCode values)
    {
        List<ParameterModel> parameters = method.Parameters.Where(p => p.Role == ParameterRole.Argument).ToList();
        string type = method.Identifier + "Arguments";
        code.Line();
        code.Open($"internal readonly struct {type} : {Rpc}ITunnelArguments<{type}>");
        if (parameters.Count > 0)
        {
            code.Open($"public {type}({string.Join(", ", parameters.Select(p => $"{p.Type} {p.Name}"))})");
            foreach (ParameterModel parameter in parameters)
            {
                code.Line($"this.{parameter.Name} = {parameter.Name};");
            }

            code.Close();
            foreach (ParameterModel parameter in parameters)
            {
                code.Line();
                code.Line($"public readonly {parameter.Type} {parameter.Name};");
            }

            code.Line();
        }

        EmitArgumentAccess(code, service, method, parameters);
        code.Close();
        code.Line();
        code.Open($"private sealed class {method.Identifier}Formatter : {Rpc}Serialization.ITunnelFormatter<{type}>");
        code.Line($"public static readonly {method.Identifier}Formatter Instance = new();");
        string names = string.Join(", ", parameters.Select(p => Quote(p.Name.TrimStart('@'))));
        code.Line($"public static readonly string[] Names = {(parameters.Count == 0 ? "global::System.Array.Empty<string>()" : $"new[] {{ {names} }}")};");
        code.Line();
        code.Open($"public void Write(ref {Rpc}Serialization.MessagePackWriter writer, {type} value)");
        code.Line($"writer.WriteArrayHeader({Text(parameters.Count)});");
        foreach (ParameterModel parameter in parameters)
        {
            code.Line(values.Write(parameter.Value!, "value." + parameter.Name, ArgumentName(method, parameter)));
        }

        code.Close();
        code.Line();
        code.Open($"public {type} Read(ref {Rpc}Serialization.MessagePackReader reader)");
        code.Line("int count = reader.ReadArrayHeader();");
        for (int i = 0; i < parameters.Count; i++)
        {
            ParameterModel parameter = parameters[i];
            string missing = parameter.Default ?? $"throw {ValueCode.Errors}.MissingArgument({Quote(ArgumentName(method, parameter))}, count)";
            code.Line($"{parameter.Type} p{Text(i)} = count <= {Text(i)} ? {missing} : {values.Read(parameter.Value!, ArgumentName(method, parameter))};");
        }

        code.Open($"for (int i = {Text(parameters.Count)}; i < count; i++)");
        code.Line("reader.Skip();");
        code.Close();
        code.Line();
        code.Line(parameters.Count == 0 ? "return default;" : $"return new {type}({string.Join(", ", parameters.Select((_, i) => "p" + Text(i)))});");
        code.Close();
        code.Close();
    }

    /// <summary>What filters reach the arguments by. Explicit, and by full names: a parameter may have any name.</summary>
    private static void EmitArgumentAccess(CodeWriter code, ServiceModel service, MethodModel method, List<ParameterModel> parameters)
    {
        string type = method.Identifier + "Arguments";
        string count = Text(parameters.Count);
        code.Line($"global::System.Collections.Generic.IReadOnlyList<string> {Rpc}ITunnelArguments<{type}>.Names => {Rpc}Generated.{service.Identifier}.{method.Identifier}Formatter.Names;");
        code.Line();
        EmitSwitch(code, $"object? {Rpc}ITunnelArguments<{type}>.Get(int index)", parameters.Select(p => $"this.{p.Name}"), count);
        code.Line();
        EmitSwitch(
            code,
            $"{type} {Rpc}ITunnelArguments<{type}>.With(int index, object? value)",
            parameters.Select(replaced => $"new {type}({string.Join(", ", parameters.Select(p => p == replaced
                ? $"{Rpc}TunnelArgument.Unbox<{p.Type}>(value, {Quote(p.Name.TrimStart('@'))})"
                : $"this.{p.Name}"))})"),
            count);
    }

    private static void EmitSwitch(CodeWriter code, string header, IEnumerable<string> arms, string count)
    {
        code.Open($"{header} => index switch");
        foreach ((string arm, int i) in arms.Select((arm, i) => (arm, i)))
        {
            code.Line($"{Text(i)} => {arm},");
        }

        code.Line($"_ => throw {Rpc}TunnelArgument.None(index, {count}),");
        code.Close(";");
    }

    private static void EmitStub(CodeWriter code, ServiceModel service)
    {
        code.Line();
        code.Open($"private sealed class Stub : {service.Type}, {Rpc}ITunnelStub");
        code.Line($"private readonly {Rpc}TunnelInvoker _invoker;");
        code.Line();
        code.Line($"public Stub({Rpc}TunnelInvoker invoker) => _invoker = invoker;");
        code.Line();
        code.Line($"{Rpc}TunnelInvoker {Rpc}ITunnelStub.Invoker => _invoker;");
        foreach (MethodModel method in service.Methods)
        {
            code.Line();
            string parameters = string.Join(", ", method.Parameters.Select(p => $"{p.Type} {p.Name}"));
            code.Line($"{method.ReturnType} {method.Contract}.{method.Name}({parameters}) =>");
            code.Line($"    {StubCall(service, method)};");
        }

        code.Close();
    }

    private static string StubCall(ServiceModel service, MethodModel method)
    {
        string arguments = $"new {method.Identifier}Arguments({string.Join(", ", method.Parameters.Where(p => p.Role == ParameterRole.Argument).Select(p => p.Name))})";
        string token = method.Parameters.FirstOrDefault(p => p.Role == ParameterRole.CancellationToken)?.Name ?? "default";
        string items = method.Parameters.FirstOrDefault(p => p.Role == ParameterRole.Stream)?.Name is { } name ? name + ", " : "";
        string member = method switch
        {
            { Shape: MethodShape.OneWay } => "SendAsync",
            { Shape: MethodShape.ServerStreaming } => "StreamAsync",
            { Shape: MethodShape.ClientStreaming } => "UploadAsync",
            { Shape: MethodShape.DuplexStreaming } => "ExchangeAsync",
            { Result: null } => "InvokeVoidAsync",
            _ => "InvokeAsync",
        };

        // By its class: a parameter may have any name.
        string call = $"this._invoker.{member}({service.Identifier}.{method.Identifier}Method, {arguments}, {items}{token})";
        return method switch
        {
            { Shape: MethodShape.ServerStreaming or MethodShape.DuplexStreaming } => call,
            { Shape: MethodShape.ClientStreaming, Result: null, ReturnsValueTask: true } => $"new global::System.Threading.Tasks.ValueTask({call}.AsTask())",
            { ReturnsValueTask: true } => call,
            _ => call + ".AsTask()",
        };
    }

    private static string ArgumentName(MethodModel method, ParameterModel parameter) =>
        $"the argument {parameter.Name.TrimStart('@')} of {method.Name.TrimStart('@')}";

    private static string Quote(string text) => SymbolDisplay.FormatLiteral(text, quote: true);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
