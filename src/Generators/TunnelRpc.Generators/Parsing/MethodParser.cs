using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;
using TunnelRpc.Generators.Analysis;
using TunnelRpc.Generators.Model;

namespace TunnelRpc.Generators.Parsing;

/// <summary>Parses a method of a contract into a model.</summary>
internal sealed class MethodParser(DiagnosticReporter diagnostics, TypeParser types, INamedTypeSymbol contract)
{
    private const string Task = "System.Threading.Tasks.Task";
    private const string ValueTask = "System.Threading.Tasks.ValueTask";
    private const string Token = "System.Threading.CancellationToken";

    private readonly MethodSettingsParser _settings = new(contract, diagnostics, types);

    /// <summary>Returns the model. Reports the errors and returns null if the method is invalid.</summary>
    public MethodModel? Parse(IMethodSymbol method)
    {
        ISymbol place = Inheritance.DiagnosticSymbolOf(method, method, contract);
        string name = Inheritance.NameOf(method, contract);
        if (method.IsGenericMethod)
        {
            diagnostics.Report(Rules.GenericMethod, place, name);
            return null;
        }

        if (method.IsVararg)
        {
            diagnostics.Report(Rules.UnsupportedParameterKind, place, "__arglist");
            return null;
        }

        // The first stream parameter is the stream of the call. Further stream parameters are passed by reference.
        IParameterSymbol? streamParameter = method.Parameters.FirstOrDefault(IsStream);
        List<ParameterModel?> parameters = method.Parameters.Select(p => ParseParameter(p, method, streamParameter)).ToList();
        bool isValid = !parameters.Contains(null);
        bool streamsUp = parameters.Any(p => p?.Role == ParameterRole.Stream);
        foreach (IParameterSymbol further in method.Parameters.Where(IsToken).Skip(1))
        {
            diagnostics.Report(
                Rules.MultipleCancellationTokens, Inheritance.DiagnosticSymbolOf(further, method, contract), name, further.Name);
            isValid = false;
        }

        if (method.RefKind != RefKind.None || !TryParseReturn(method, out ITypeSymbol? result, out bool streamsBack, out bool valueTask))
        {
            string modifier = method.RefKind == RefKind.None ? "" : "ref ";
            string supported = method.ReturnsVoid
                ? "Task, or ValueTask with [OneWay] if the caller need not wait for the call"
                : "Task, Task<T>, ValueTask, ValueTask<T> or IAsyncEnumerable<T>";
            diagnostics.Report(Rules.UnsupportedReturnType, place, name, modifier + method.ReturnType.ToDisplayString(), supported);
            return null;
        }

        bool oneWay = AttributeNames.Find(method, AttributeNames.OneWay) is not null;
        isValid &= !oneWay || CheckOneWay(method, streamParameter, result is not null, name);

        // The result of a one-way method is an error already, and may have any type.
        ValueModel? value = result is null || oneWay
            ? null
            : types.Parse(result, new TypePath(place, $"the result of {name}"), FormatterAttribute.OfResult(method));
        MethodSettings? settings = _settings.Parse(method, streamParameter, place, name);
        if (!isValid || settings is null || (result is not null && value is null))
        {
            return null;
        }

        MethodShape shape = oneWay ? MethodShape.OneWay
            : streamsBack ? streamsUp ? MethodShape.DuplexStreaming : MethodShape.ServerStreaming
            : streamsUp ? MethodShape.ClientStreaming : MethodShape.Unary;
        return new MethodModel(
            Names.OfType(method.ContainingType),
            Names.Escape(method.Name),
            method.DeclaredAccessibility == Accessibility.Public,
            method.ContainingType.GetMembers(method.Name).Length > 1,
            Names.Shorten(method.Name),
            AttributeNames.Find(method, AttributeNames.TunnelMethod)?.Named("Name") is string { Length: > 0 } given ? given : method.Name,
            shape,
            KindOf(method.ReturnType) ?? default,
            Names.OfAnnotatedType(method.ReturnType),
            valueTask,
            value,
            new EquatableArray<ParameterModel>(parameters!),
            settings,
            method.OriginalDefinition.GetDocumentationCommentId() ?? "");
    }

    /// <summary>
    /// Reports the result and the stream parameter of a one-way method, each at its place. Returns true if it has neither.
    /// </summary>
    private bool CheckOneWay(IMethodSymbol method, IParameterSymbol? streamParameter, bool hasResult, string name)
    {
        if (hasResult)
        {
            string type = method.ReturnType.ToDisplayString(SymbolDisplayFormat.CSharpShortErrorMessageFormat);
            diagnostics.Report(
                Rules.OneWayResult,
                Inheritance.DiagnosticSymbolOf(method, method, contract),
                name,
                $"returns '{type}', but a one-way call has no reply: return Task or ValueTask, or remove [OneWay]");
        }

        if (streamParameter is not null)
        {
            diagnostics.Report(
                Rules.OneWayResult,
                Inheritance.DiagnosticSymbolOf(streamParameter, method, contract),
                name,
                $"has the stream parameter '{streamParameter.Name}', which the callee could not stop: remove the parameter, or remove "
                + "[OneWay]");
        }

        return !hasResult && streamParameter is null;
    }

    private ParameterModel? ParseParameter(IParameterSymbol parameter, IMethodSymbol method, IParameterSymbol? streamParameter)
    {
        ISymbol place = Inheritance.DiagnosticSymbolOf(parameter, method, contract);
        string displayName = Inheritance.IsInherited(method, contract)
            ? $"{parameter.Name} of {Inheritance.NameOf(method, contract)}"
            : parameter.Name;
        if (parameter.RefKind != RefKind.None)
        {
            diagnostics.Report(Rules.UnsupportedParameterKind, place, displayName);
            return null;
        }

        string type = Names.OfAnnotatedType(parameter.Type);
        string runtimeType = Names.OfType(parameter.Type);
        string name = Names.Escape(parameter.Name);
        string? defaultValue = Literals.DefaultOf(parameter);
        if (IsToken(parameter))
        {
            return new ParameterModel(name, type, runtimeType, ParameterRole.CancellationToken, default, defaultValue, null, null);
        }

        bool isStream = SymbolEqualityComparer.Default.Equals(parameter, streamParameter);
        ITypeSymbol valueType = isStream ? ((INamedTypeSymbol)parameter.Type).TypeArguments[0] : parameter.Type;
        return types.Parse(valueType, new TypePath(place, displayName), FormatterAttribute.Of(parameter)) is { } value
            ? new ParameterModel(
                name,
                type,
                runtimeType,
                isStream ? ParameterRole.Stream : ParameterRole.Argument,
                KindOf(parameter.Type) ?? default,
                defaultValue,
                Literals.NeutralDefaultOf(parameter),
                value)
            : null;
    }

    private static bool IsToken(IParameterSymbol parameter) => parameter.Type.HasName(Token);

    private static bool IsStream(IParameterSymbol parameter) => KindOf(parameter.Type) is not null;

    /// <summary>Returns the kind of stream; null if the type is none.</summary>
    private static StreamKind? KindOf(ITypeSymbol type) => type.OriginalDefinition.ToDisplayString() switch
    {
        "System.Collections.Generic.IAsyncEnumerable<T>" => StreamKind.AsyncEnumerable,
        "System.IObservable<T>" => StreamKind.Observable,
        "System.Threading.Channels.ChannelReader<T>" => StreamKind.ChannelReader,
        _ => null,
    };

    private static bool TryParseReturn(IMethodSymbol method, out ITypeSymbol? result, out bool streamsBack, out bool valueTask)
    {
        result = null;
        streamsBack = false;
        valueTask = false;
        if (method.ReturnType is not INamedTypeSymbol type)
        {
            return false;
        }

        string name = type.OriginalDefinition.ToDisplayString();
        result = type.IsGenericType ? type.TypeArguments[0] : null;
        streamsBack = KindOf(type) is not null;
        valueTask = name is ValueTask or ValueTask + "<TResult>";
        return streamsBack || valueTask || name is Task or Task + "<TResult>";
    }
}
