using System.Runtime.Serialization;

namespace Corpus.Reporting.Library;

// Types of a project of entities: the contract is in another project.
public abstract class Entity
{
    public Guid Id { get; init; }

    public byte[]? RowVersion { get; set; }
}

public class Report : Entity
{
    public required string Title { get; init; }

    public IReadOnlyList<Section> Sections { get; init; } = [];

    public Dictionary<string, decimal?> Totals { get; set; } = [];

    [TunnelIgnore]
    public int WordCount => Sections.Sum(s => s.Text.Length);
}

public sealed class MonthlyReport : Report
{
    public required DateOnly Month { get; init; }
}

public sealed record Section(string Heading, string Text, Section? Next = null);

[DataContract]
public sealed class Export
{
    [DataMember(Order = 0)]
    public string Path { get; set; } = "";

    [DataMember(Order = 1)]
    public ExportFormat Format { get; set; }

    public string? Temporary { get; set; }
}

public enum ExportFormat : ushort { None, Pdf, Csv = 400 }

public readonly struct Period(DateOnly start, DateOnly end)
{
    public DateOnly Start { get; } = start;

    public DateOnly End => end;
}

public interface IReportEvents<T>
{
    Task<T?> LastAsync(CancellationToken cancellationToken = default);
}
