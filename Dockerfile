FROM python:3.11-slim
WORKDIR /app
COPY requirements.txt .
RUN pip install --no-cache-dir --require-hashes -r requirements.txt
COPY . .
ENV SCRM_HOME=/var/lib/scrm PYTHONUNBUFFERED=1 OPENBLAS_NUM_THREADS=1
RUN useradd --system --create-home scrm && mkdir -p /var/lib/scrm && chown scrm /var/lib/scrm
USER scrm
EXPOSE 8000
CMD ["gunicorn", "scrm.wsgi:application", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", "--workers", "2", "--threads", "4", "--no-control-socket"]
