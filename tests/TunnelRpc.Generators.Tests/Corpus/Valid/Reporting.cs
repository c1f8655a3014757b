using Corpus.Reporting.Library;

namespace Corpus.Reporting;

// Entities of another project, with a hierarchy.
[TunnelService] public partial interface IReports { Task<MonthlyReport> GetAsync(Guid id); Task<Report[]> FindAsync(Period period); }

// A data contract and a struct of another project.
[TunnelService] public partial interface IExports { Task<Export> StartAsync(ExportFormat format = ExportFormat.Csv); Task<Period> PeriodAsync(); }

// A generic base interface of another project.
[TunnelService] public partial interface IEvents : IReportEvents<Section>;

// A union of types of another project is declared here.
[TunnelUnion(0, typeof(Ready))]
[TunnelUnion(1, typeof(Failed))]
public abstract record Outcome(Guid Report);

public sealed record Ready(Guid Report, Export Export) : Outcome(Report);

public sealed record Failed(Guid Report, string Reason, ExportFormat[] Tried) : Outcome(Report);

[TunnelService] public partial interface IOutcomes { Task<Outcome> GetAsync(); }

// A generic type here with a type argument of another project.
public sealed class Change<T>
    where T : Entity
{
    public required T Before { get; init; }

    public T? After { get; init; }
}

[TunnelService] public partial interface IChanges { Task<Change<Report>> LastAsync(); }

public static class Values
{
    public static MonthlyReport Monthly => new()
    {
        Id = new("00000000-0000-0000-0000-000000000001"),
        RowVersion = [1],
        Title = "t",
        Sections = [new("h", "x", new("i", "y"))],
        Totals = new() { ["a"] = 1.5m, ["b"] = null },
        Month = new(2024, 5, 1),
    };

    public static Report[] Reports =>
    [
        new()
        {
            Id = new("00000000-0000-0000-0000-000000000002"),
            RowVersion = [2],
            Title = "u",
            Sections = [new("h", "x")],
            Totals = new() { ["c"] = 0m },
        },
    ];

    public static Export Export => new() { Path = "p", Format = ExportFormat.Csv, Temporary = "none" };

    public static Period Period => new(new(2024, 5, 1), new(2024, 5, 31));

    public static Section? Section => new("h", "x", new("i", "y"));

    public static Outcome Ready => new Ready(new("00000000-0000-0000-0000-000000000003"), Export);

    public static Outcome Failed => new Failed(new("00000000-0000-0000-0000-000000000004"), "r", [ExportFormat.Pdf]);

    public static Change<Report> Change => new() { Before = Reports[0], After = Reports[0] };
}
