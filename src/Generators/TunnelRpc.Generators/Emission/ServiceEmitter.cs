using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using TunnelRpc.Generators.Model;
using static TunnelRpc.Generators.Emission.CodeWriter;

namespace TunnelRpc.Generators.Emission;

/// <summary>Emits the generated part of a contract: its definition, the descriptors of its methods and its stub.</summary>
internal static class ServiceEmitter
{
    public const string GeneratedCode = "[global::System.CodeDom.Compiler.GeneratedCode(\"TunnelRpc.Generators\", \"1.0\")]";
    public const string Obsolete = "[global::System.Obsolete(\"It uses obsolete members.\")]";
    private const string RpcNamespace = "global::TunnelRpc.";
    private const string Unit = "Codec::Unit";
    private const string UnitFormatter = "Formatters::UnitFormatter.Instance";

    public static string Emit(ServiceModel service)
    {
        var code = new CodeWriter();
        code.WriteFileHeader(service.UsesObsolete);
        EmitContract(code, service);
        if (service.HasErrors)
        {
            return code.ToString();
        }

        code.WriteLine();
        code.OpenGeneratedNamespace();
        code.WriteLine($"/// <summary>The generated code of the contract {service.Type.Replace("global::", "")}.</summary>");
        code.WriteLine(GeneratedCode);
        if (service.UsesObsolete)
        {
            code.WriteLine(Obsolete);
        }

        code.OpenBlock($"internal static class {service.Identifier}");
        var values = new ValueEmitter();
        values.AddFormatters(service.Methods
            .SelectMany(m => m.Parameters.Select(p => p.Value).Append(m.Result).Concat(m.Settings.Faults.Select(f => f.Value)))
            .Where(v => v is not null)!);
        values.DeclareFormatterFields(code);
        foreach (MethodModel method in service.Methods)
        {
            EmitMethod(code, service, method, values);
        }

        code.WriteLine();
        code.WriteLine($"public static readonly Rpc::TunnelServiceDefinition<{service.Type}> Definition = new(");
        code.WriteLine($"    {Quote(service.WireName)},");
        code.WriteLine("    static invoker => new Stub(invoker),");

        // An array, since the compiler does not expand a params collection in C# 12.
        code.WriteLine($"    new Rpc::TunnelMethod<{service.Type}>[]");
        code.WriteLine("    {");
        foreach (MethodModel method in service.Methods)
        {
            code.WriteLine($"        {method.Identifier}Method,");
        }

        EmitInitializers(code, service);

        EmitStub(code, service);
        code.CloseBlock();
        code.CloseBlock();
        return code.ToString();
    }

    /// <summary>Emits the end of the definition: the properties that have no default.</summary>
    private static void EmitInitializers(CodeWriter code, ServiceModel service)
    {
        if (service.Bases.Count == 0 && service.Formatters.Count == 0)
        {
            code.WriteLine("    });");
            return;
        }

        code.WriteLine("    })");
        code.WriteLine("{");
        if (service.Bases.Count > 0)
        {
            code.WriteLine($"    Bases = {TypeArray(service.Bases)},");
        }

        if (service.Formatters.Count > 0)
        {
            code.WriteLine("    VisitFormatters = static visitor =>");
            code.WriteLine("    {");
            foreach (string formatter in service.Formatters)
            {
                code.WriteLine($"        visitor.Visit({RpcNamespace}Generated.{formatter}.Instance);");
            }

            code.WriteLine("    },");
        }

        code.WriteLine("};");
    }

    private static void EmitContract(CodeWriter code, ServiceModel service)
    {
        if (service.Namespace.Length > 0)
        {
            code.OpenBlock($"namespace {service.Namespace}");
        }

        for (int i = 0; i < service.Declarations.Count; i++)
        {
            string bases = i == service.Declarations.Count - 1 ? $" : {RpcNamespace}ITunnelService<{service.Type}>" : "";
            code.OpenBlock(service.Declarations[i] + bases);
        }

        code.WriteLine(GeneratedCode);
        string error = Quote($"The contract {service.WireName} was compiled with errors. See the compiler's output.");
        string definition = service.HasErrors
            ? $"throw new global::System.NotSupportedException({error})"
            : $"{RpcNamespace}Generated.{service.Identifier}.Definition";
        string property = $"{RpcNamespace}ITunnelService<{service.Type}>.TunnelDefinition";
        code.WriteLine($"static {RpcNamespace}TunnelServiceDefinition<{service.Type}> {property} => {definition};");
        for (int i = 0; i < service.Declarations.Count; i++)
        {
            code.CloseBlock();
        }

        if (service.Namespace.Length > 0)
        {
            code.CloseBlock();
        }
    }

    private static void EmitMethod(CodeWriter code, ServiceModel service, MethodModel method, ValueEmitter values)
    {
        List<string> formatters = [];
        if (method.Parameters.FirstOrDefault(p => p.Role == ParameterRole.Stream)?.Value is { } item)
        {
            formatters.Add(values.FormatterExpression(item));
        }

        if (method.Shape != MethodShape.OneWay)
        {
            formatters.Add(method.Result is null ? UnitFormatter : values.FormatterExpression(method.Result));
        }

        bool streams = method.Shape is MethodShape.ClientStreaming or MethodShape.DuplexStreaming;

        // Two base interfaces may declare methods of the same C# name, and the contract may hide one. The cast selects the method.
        string target = method.Contract == service.Type ? "service" : $"(({method.Contract})service)";
        string call = $"{target}.{method.Name}({string.Join(", ", method.Parameters.Select(p => p.Role switch
        {
            ParameterRole.Stream => ToDeclared(p.Kind, "items"),
            ParameterRole.CancellationToken => "cancellationToken",
            _ => ArgumentsEmitter.AccessTo(method, p),
        }))})";
        code.WriteLine();
        code.WriteLine($"public static readonly {MethodType(service, method)} {method.Identifier}Method = new(");
        code.WriteLine($"    {Quote(service.WireName)},");
        code.WriteLine($"    {Quote(method.WireName)},");
        List<string> arguments = ArgumentsEmitter.FormatterOf(method, values).ToList();
        for (int i = 0; i < arguments.Count; i++)
        {
            code.WriteLine($"    {arguments[i]}{(i == arguments.Count - 1 ? "," : "")}");
        }

        foreach (string formatter in formatters)
        {
            code.WriteLine($"    {formatter},");
        }

        string parameters = $"(service, arguments, {(streams ? "items, " : "")}cancellationToken)";
        code.WriteLine($"    static {parameters} => {ConvertReturnValue(method, call)})");
        code.WriteLine("{");
        foreach (string setting in MethodInitializers(method, values))
        {
            code.WriteLine($"    {setting},");
        }

        code.WriteLine("};");
    }

    private static List<string> MethodInitializers(MethodModel method, ValueEmitter values)
    {
        MethodSettings settings = method.Settings;
        string name = method.Name.TrimStart('@');
        var lines = new List<string> { $"DeclaringType = typeof({method.Contract})" };
        if (method.IsOverloaded || !method.IsPublic)
        {
            string flags = method.IsPublic
                ? ""
                : ", global::System.Reflection.BindingFlags.Instance | global::System.Reflection.BindingFlags.NonPublic";
            string types = TypeArray(method.Parameters.Select(p => p.RuntimeType));
            lines.Add($"FindDeclaration = static () => typeof({method.Contract}).GetMethod({Quote(name)}{flags}, {types})!");
        }
        else if (name != method.WireName)
        {
            lines.Add($"DeclaredName = {Quote(name)}");
        }

        if (settings.TimeoutTicks is long ticks)
        {
            lines.Add($"Timeout = global::System.TimeSpan.FromTicks({ticks.ToString(CultureInfo.InvariantCulture)}L)");
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
            IEnumerable<string> faults = settings.Faults
                .Select(f => $"new Rpc::TunnelFault<{f.Value.Type}>({Quote(f.Name)}, {values.FormatterExpression(f.Value)})");
            lines.Add($"Faults = new Rpc::TunnelFault[] {{ {string.Join(", ", faults)} }}");
        }

        return lines;
    }

    /// <summary>Returns an expression that converts a stream of the kind that the contract declares to that of a call.</summary>
    private static string FromDeclared(StreamKind kind, string stream) =>
        kind == StreamKind.AsyncEnumerable ? stream : $"{RpcNamespace}TunnelStreams.From{kind}({stream})";

    /// <summary>Returns an expression that converts the stream of a call to the kind that the contract declares.</summary>
    private static string ToDeclared(StreamKind kind, string stream) =>
        kind == StreamKind.AsyncEnumerable ? stream : $"{RpcNamespace}TunnelStreams.To{kind}({stream})";

    private static string TypeArray(IEnumerable<string> types) =>
        types.Any()
            ? $"new[] {{ {string.Join(", ", types.Select(t => $"typeof({t})"))} }}"
            : "global::System.Type.EmptyTypes";

    private static string ConvertReturnValue(MethodModel method, string call) => method switch
    {
        { Shape: MethodShape.ServerStreaming or MethodShape.DuplexStreaming } => FromDeclared(method.ResultKind, call),
        { Shape: MethodShape.OneWay, ReturnsValueTask: true } => call,
        { Shape: MethodShape.OneWay } => $"new({call})",
        { Result: null } => $"{Unit}.From({call})",
        { ReturnsValueTask: true } => call,
        _ => $"new({call})",
    };

    private static string MethodType(ServiceModel service, MethodModel method)
    {
        List<string> arguments = [service.Type, ArgumentsEmitter.TypeOf(method)];
        if (method.Parameters.FirstOrDefault(p => p.Role == ParameterRole.Stream)?.Value is { } item)
        {
            arguments.Add(item.Type);
        }

        if (method.Shape != MethodShape.OneWay)
        {
            arguments.Add(method.Result?.Type ?? Unit);
        }

        return $"Rpc::{method.Shape}Method<{string.Join(", ", arguments)}>";
    }

    private static void EmitStub(CodeWriter code, ServiceModel service)
    {
        code.WriteLine();
        code.OpenBlock($"private sealed class Stub : {service.Type}, Rpc::ITunnelStub");
        code.WriteLine("private readonly Rpc::TunnelInvoker _invoker;");
        code.WriteLine();
        code.WriteLine("public Stub(Rpc::TunnelInvoker invoker) => _invoker = invoker;");
        code.WriteLine();
        code.WriteLine("Rpc::TunnelInvoker Rpc::ITunnelStub.Invoker => _invoker;");
        foreach (MethodModel method in service.Methods)
        {
            code.WriteLine();
            string parameters = string.Join(", ", method.Parameters.Select(p => $"{p.Type} {p.Name}"));
            code.WriteLine($"{method.ReturnType} {method.Contract}.{method.Name}({parameters}) =>");
            code.WriteLine($"    {StubCall(service, method)};");
        }

        code.CloseBlock();
    }

    private static string StubCall(ServiceModel service, MethodModel method)
    {
        string arguments = ArgumentsEmitter.CreationOf(method);
        string token = method.Parameters.FirstOrDefault(p => p.Role == ParameterRole.CancellationToken)?.Name ?? "default";
        string items = method.Parameters.FirstOrDefault(p => p.Role == ParameterRole.Stream) is { } stream
            ? FromDeclared(stream.Kind, stream.Name) + ", "
            : "";
        string member = method switch
        {
            { Shape: MethodShape.OneWay } => "InvokeOneWayAsync",
            { Shape: MethodShape.ServerStreaming } => "InvokeServerStreamingAsync",
            { Shape: MethodShape.ClientStreaming } => "InvokeClientStreamingAsync",
            { Shape: MethodShape.DuplexStreaming } => "InvokeDuplexStreamingAsync",
            { Result: null } => "InvokeVoidAsync",
            _ => "InvokeAsync",
        };

        // The method descriptor has its full name, since a parameter may have any name.
        string descriptor = $"{RpcNamespace}Generated.{service.Identifier}.{method.Identifier}Method";
        string call = $"this._invoker.{member}({descriptor}, {arguments}, {items}{token})";
        return method switch
        {
            { Shape: MethodShape.ServerStreaming or MethodShape.DuplexStreaming } => ToDeclared(method.ResultKind, call),
            { Shape: MethodShape.ClientStreaming, Result: null, ReturnsValueTask: true } =>
                $"new global::System.Threading.Tasks.ValueTask({call}.AsTask())",
            { ReturnsValueTask: true } => call,
            _ => call + ".AsTask()",
        };
    }
}
