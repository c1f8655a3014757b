using System.ComponentModel;
using TunnelRpc.Serialization;
using TunnelRpc.Serialization.Formatters;

namespace TunnelRpc.References;

/// <summary>
/// Passes an <see cref="IProgress{T}"/> by reference. The callee's reports arrive at the caller in order and before the reply. If the
/// callee reports faster than the caller receives, the oldest queued reports are dropped. The last report always arrives.
/// </summary>
/// <typeparam name="T">The reports.</typeparam>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ProgressFormatter<T> : ITunnelFormatter<IProgress<T>>
{
    private readonly ClientStreamingMethod<IProgressSink<T>, Unit, T, Unit> _report;
    private readonly IReadOnlyList<TunnelMethod<IProgressSink<T>>> _methods;

    /// <summary>Creates a formatter.</summary>
    /// <param name="inner">Reads and writes the reports.</param>
    public ProgressFormatter(ITunnelFormatter<T> inner)
    {
        _report = new(
            "$progress",
            "Report",
            UnitFormatter.Instance,
            inner,
            UnitFormatter.Instance,
            static (sink, _, reports, cancelled) => Unit.From(sink.ReportAsync(reports, cancelled)))
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
