using TunnelRpc.Serialization;
using TunnelRpc.Serialization.Formatters;

namespace TunnelRpc.References;

/// <summary>
/// Progress, by reference: what the other side reports comes back in order, and before its answer. When reports come faster
/// than they are taken, older ones give way; the last one always arrives.
/// </summary>
/// <typeparam name="T">What is reported.</typeparam>
public sealed class ProgressFormatter<T> : ITunnelFormatter<IProgress<T>>
{
    private readonly ClientStreamingMethod<IProgressSink<T>, Unit, T, Unit> _report;
    private readonly IReadOnlyList<TunnelMethod<IProgressSink<T>>> _methods;

    /// <param name="inner">Formats the reports.</param>
    public ProgressFormatter(ITunnelFormatter<T> inner)
    {
        _report = new("$progress", "Report", UnitFormatter.Instance, inner, UnitFormatter.Instance, static (sink, _, reports, cancelled) => Unit.From(sink.ReportAsync(reports, cancelled)))
        {
            HasReferences = true,
        };
        _methods = [_report];
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, IProgress<T> value)
    {
        ArgumentNullException.ThrowIfNull(value);
        ReferenceScope references = ReferenceScope.Require(writer.Scope, "an IProgress");
        writer.Write(references.Export(_methods, new ProgressSink<T>(value)));
    }

    /// <inheritdoc/>
    public IProgress<T> Read(ref MessagePackReader reader)
    {
        ReferenceScope references = ReferenceScope.Require(reader.Scope, "an IProgress");
        var progress = new RemoteProgress<T>(references.Import(reader.ReadInt64()), _report);
        references.CompleteBeforeReply(progress);
        return progress;
    }
}
