using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Microsoft.CodeAnalysis;
using TunnelRpc.Generators.Analysis;
using TunnelRpc.Generators.Model;

namespace TunnelRpc.Generators.Parsing;

/// <summary>Reads the settings of a method from its attributes and from those of the interface that declares it.</summary>
internal sealed class MethodSettingsParser(INamedTypeSymbol contract, DiagnosticReporter diagnostics, TypeParser types)
{
    private static readonly TimeSpan MaxTimeout = TimeSpan.FromDays(30);

    /// <summary>Returns the settings. Reports the error and returns null if a setting is invalid.</summary>
    /// <param name="method">The method.</param>
    /// <param name="streamParameter">The parameter that is the stream of the call; null if there is none.</param>
    /// <param name="place">The symbol at which diagnostics are reported.</param>
    /// <param name="name">The method's name for messages.</param>
    public MethodSettings? Parse(IMethodSymbol method, IParameterSymbol? streamParameter, ISymbol place, string name)
    {
        long? timeout = null;
        AttributeData? attribute = AttributeNames.Find(method, AttributeNames.Timeout)
            ?? AttributeNames.Find(method.ContainingType, AttributeNames.Timeout);
        if (attribute is not null)
        {
            string? text = attribute.ConstructorArguments.FirstOrDefault().Value as string;
            if (!TryParseTimeout(text, out TimeSpan time))
            {
                diagnostics.Report(Rules.InvalidTimeout, place, text ?? "null", name);
                return null;
            }

            timeout = time.Ticks;
        }

        bool oneWay = AttributeNames.Find(method, AttributeNames.OneWay) is not null;
        var faults = new Dictionary<string, FaultModel>();
        foreach (AttributeData declared in method.GetAttributes().Concat(method.ContainingType.GetAttributes()).Where(IsFault))
        {
            if (declared.ConstructorArguments.FirstOrDefault().Value is not ITypeSymbol type
                || types.Parse(type, new TypePath(place, $"the fault {type.Name} of {name}")) is not { } value)
            {
                return null;
            }

            string wireName = declared.Named("Name") is string { Length: > 0 } given ? given : type.ToDisplayString().Replace("@", "");
            if (faults.TryGetValue(wireName, out FaultModel? other) && other.Value.Type != value.Type)
            {
                diagnostics.Report(Rules.DuplicateFault, place, name, wireName);
                return null;
            }

            faults[wireName] = new FaultModel(wireName, value);
        }

        if (oneWay)
        {
            ReportFaults(method, name);
        }

        // A one-way call has no reply, so it cannot return a fault.
        return new MethodSettings(
            timeout,
            AttributeNames.Find(method, AttributeNames.Idempotent) is not null,
            AttributeNames.Find(contract, AttributeNames.TunnelService)?.Named("Dispatch") is 1,
            ReferenceFinder.UsesReferences(method, streamParameter, types.Formatters),
            oneWay ? default : new EquatableArray<FaultModel>(faults.Values));
    }

    /// <summary>
    /// Reports the faults that a one-way method declares itself. Those of its interface are meant for the other methods, too.
    /// </summary>
    private void ReportFaults(IMethodSymbol method, string name)
    {
        if (Inheritance.IsInherited(method, contract))
        {
            return;
        }

        foreach (AttributeData declared in method.GetAttributes().Where(IsFault))
        {
            diagnostics.Note(
                Rules.NotSent,
                declared.ApplicationSyntaxReference?.GetSyntax().GetLocation(),
                method,
                $"The fault {(declared.ConstructorArguments[0].Value as ITypeSymbol)?.Name} of {name}",
                "a one-way call has no reply that could carry it. Remove [TunnelFault] or [OneWay].");
        }
    }

    private static bool IsFault(AttributeData attribute) => attribute.AttributeClass.HasName(AttributeNames.TunnelFault);

    private static bool TryParseTimeout(string? text, out TimeSpan time)
    {
        time = default;
        text = text?.Trim() ?? "";
        (string Unit, double Milliseconds)[] units = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000)];
        foreach ((string unit, double milliseconds) in units)
        {
            if (text.EndsWith(unit, StringComparison.Ordinal)
                && TryParseNumber(text.Substring(0, text.Length - unit.Length), out double number))
            {
                double total = number * milliseconds;
                time = total <= MaxTimeout.TotalMilliseconds
                    ? TimeSpan.FromTicks((long)(total * TimeSpan.TicksPerMillisecond))
                    : TimeSpan.MaxValue;
                return time > TimeSpan.Zero && time <= MaxTimeout;
            }
        }

        return text.Contains(":")
            && TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out time)
            && time > TimeSpan.Zero
            && time <= MaxTimeout;
    }

    private static bool TryParseNumber(string text, out double number) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out number);
}
