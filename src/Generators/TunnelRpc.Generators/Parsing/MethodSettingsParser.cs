using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Microsoft.CodeAnalysis;
using TunnelRpc.Generators.Analysis;
using TunnelRpc.Generators.Model;

namespace TunnelRpc.Generators.Parsing;

/// <summary>Reads what attributes say of a method, or of the whole interface that declares it.</summary>
internal sealed class MethodSettingsParser(INamedTypeSymbol contract, DiagnosticReporter diagnostics, TypeParser types)
{
    private static readonly TimeSpan MaxTimeout = TimeSpan.FromDays(30);

    /// <summary>The settings; null when one of them has a problem, which is reported.</summary>
    /// <param name="method">The method.</param>
    /// <param name="streamParameter">The parameter that travels on the call itself; null for none.</param>
    /// <param name="place">Where problems are reported.</param>
    /// <param name="name">What the method is called there.</param>
    public MethodSettings? Parse(IMethodSymbol method, IParameterSymbol? streamParameter, ISymbol place, string name)
    {
        long? deadline = null;
        AttributeData? attribute = AttributeNames.Find(method, AttributeNames.Timeout) ?? AttributeNames.Find(method.ContainingType, AttributeNames.Timeout);
        if (attribute is not null)
        {
            string? text = attribute.ConstructorArguments.FirstOrDefault().Value as string;
            if (!TryParseTimeout(text, out TimeSpan time))
            {
                diagnostics.Report(Rules.InvalidTimeout, place, text ?? "null", name);
                return null;
            }

            deadline = time.Ticks;
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

        // Nobody waits for the failure of a one-way call.
        return new MethodSettings(
            deadline,
            AttributeNames.Find(method, AttributeNames.Idempotent) is not null,
            AttributeNames.Find(contract, AttributeNames.TunnelService)?.Named("Dispatch") is 1,
            ReferenceFinder.UsesReferences(method, streamParameter),
            oneWay ? default : new EquatableArray<FaultModel>(faults.Values));
    }

    private static bool IsFault(AttributeData attribute) => attribute.AttributeClass?.ToDisplayString() == AttributeNames.TunnelFault;

    private static bool TryParseTimeout(string? text, out TimeSpan time)
    {
        time = default;
        text = text?.Trim() ?? "";
        (string Unit, double Milliseconds)[] units = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000)];
        foreach ((string unit, double milliseconds) in units)
        {
            if (text.EndsWith(unit, StringComparison.Ordinal)
                && double.TryParse(text.Substring(0, text.Length - unit.Length), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number))
            {
                double total = number * milliseconds;
                time = total <= MaxTimeout.TotalMilliseconds ? TimeSpan.FromTicks((long)(total * TimeSpan.TicksPerMillisecond)) : TimeSpan.MaxValue;
                return time > TimeSpan.Zero && time <= MaxTimeout;
            }
        }

        return text.Contains(":") && TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out time) && time > TimeSpan.Zero && time <= MaxTimeout;
    }
}
